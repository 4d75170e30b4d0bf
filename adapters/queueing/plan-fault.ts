import { isIP } from "node:net";
import type { QueuePlan, QueueRoute } from "./queueing.ts";

/** How many neighbours an agent may have. */
export const neighbourLimit = 250;

/** Class 0 and at most so many paid ones. */
export const paidClassLimit = 7;

/** How many routes an agent may install. */
export const routeLimit = 10_000;

/** The fastest link, in bits a second. */
export const rateLimit = 10n ** 12n;

/** What is wrong with plans and routes, in words, or nothing. What is right is safe as tool input. */
export function planFault(
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
): string | undefined {
  if (plans.length > neighbourLimit) {
    return `${plans.length} neighbours: at most ${neighbourLimit} can be queued`;
  }
  if (routes.length > routeLimit) return `${routes.length} routes: at most ${routeLimit}`;
  const names = new Set<string>();
  const indices = new Set<number>();
  for (const plan of plans) {
    const fault = onePlanFault(plan);
    if (fault !== undefined) return `neighbour ${plan.index}: ${fault}`;
    if (indices.has(plan.index)) return `two neighbours have index ${plan.index}`;
    indices.add(plan.index);
    for (const name of plan.interfaces) {
      if (names.has(name)) return `two tunnels are called ${name}`;
      names.add(name);
    }
  }
  for (const route of routes) {
    const fault = routeFault(route, plans);
    if (fault !== undefined) return `route ${route.prefix.slice(0, 60)}: ${fault}`;
  }
  return undefined;
}

function onePlanFault(plan: QueuePlan): string | undefined {
  const { index, interfaces, linkRate, freeRate, controlRate } = plan;
  if (!Number.isInteger(index) || index < 0 || index >= neighbourLimit) {
    return `an index is 0 to ${neighbourLimit - 1}`;
  }
  if (interfaces.length < 1 || interfaces.length > paidClassLimit + 1) {
    return `${interfaces.length} tunnels: there is class 0 and at most ${paidClassLimit} paid ones`;
  }
  const odd = interfaces.find((name) => !/^[A-Za-z0-9_.-]{1,15}$/.test(name));
  if (odd !== undefined) {
    return `${odd.slice(0, 40)}: an interface name has 1 to 15 letters, digits, _ . -`;
  }
  // A byte a second must be left, and a guaranteed half of the free rate.
  if (freeRate < 16n || controlRate < 8n || linkRate > rateLimit) {
    return `rates are 16 (free), 8 (control) to ${rateLimit} bits a second`;
  }
  if (freeRate + controlRate > linkRate) {
    return `free and control rate together are at most the link's, ${linkRate} bits a second`;
  }
  return undefined;
}

function routeFault(route: QueueRoute, plans: readonly QueuePlan[]): string | undefined {
  const match = /^([0-9a-fA-F:.]{2,45})\/([0-9]{1,3})$/.exec(route.prefix);
  const version = isIP(match?.[1] ?? "");
  const bits = Number(match?.[2]);
  if (version === 0 || bits > (version === 4 ? 32 : 128)) {
    return "a prefix is an address, / and a number of bits";
  }
  const plan = plans.find((one) => one.index === route.index);
  if (plan === undefined) return `there is no neighbour ${route.index}`;
  if (plan.interfaces[route.class] === undefined) {
    return `neighbour ${route.index} has no class ${route.class}`;
  }
  return undefined;
}
