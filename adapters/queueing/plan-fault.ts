import { isIP } from "node:net";
import { bidderLimit, priorityLimit } from "#core/queue/bids.ts";
import { parsePrefix } from "#core/route/prefix.ts";
import type { NoticePlace, OwnPlan, QueuePlan, QueueRoute } from "./queueing.ts";

/** How many neighbours an agent may have. */
export const neighbourLimit = 250;

/** Class 0 and at most so many paid ones. */
export const paidClassLimit = 7;

/** How many routes an agent may install. */
export const routeLimit = 10_000;

/** Of the free rate a quarter is the pairs' own while the neighbour is throttled: a byte a second each. */
const leastPairRate = 32n;

/** Each neighbour and we ourselves are guaranteed a byte a second of a pool. */
export const leastPool = 8n * BigInt(neighbourLimit + 1);

/** How many interfaces our own users may be behind. */
export const ownLimit = 16;

/** How many prefixes behind us anybody may call. */
export const servedLimit = 16;

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
  const pools = new Set(plans.map(({ freePool }) => freePool));
  if (pools.size > 1) return "all neighbours share one pool of what is free, or none does";
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
  const planOf = new Map(plans.map((plan) => [plan.index, plan]));
  for (const route of routes) {
    const fault = routeFault(route, planOf);
    if (fault !== undefined) return `route ${route.prefix.slice(0, 60)}: ${fault}`;
  }
  return undefined;
}

/** What is wrong with prefixes that are left to the machine's own tables, or nothing. */
export function exceptionFault(except: readonly string[]): string | undefined {
  if (except.length > routeLimit) return `${except.length} exceptions: at most ${routeLimit}`;
  const odd = except.find((prefix) => parsePrefix(prefix) !== prefix);
  return odd === undefined ? undefined : `${odd.slice(0, 60)}: an exception is a prefix`;
}

function onePlanFault(plan: QueuePlan): string | undefined {
  const { index, interfaces, linkRate, freeRate, controlRate, metered = [] } = plan;
  const { freePool = leastPool } = plan;
  if (!Number.isInteger(index) || index < 0 || index >= neighbourLimit) {
    return `an index is 0 to ${neighbourLimit - 1}`;
  }
  if (interfaces.length < 1 || interfaces.length > paidClassLimit + 1) {
    return `${interfaces.length} tunnels: there is class 0 and at most ${paidClassLimit} paid ones`;
  }
  const odd = [...interfaces, ...metered].find((name) => !interfaceWord.test(name));
  if (odd !== undefined) {
    return `${odd.slice(0, 40)}: ${nameWords}`;
  }
  // A byte a second must be left, and a guaranteed half of the free rate.
  if (freeRate < 16n || controlRate < 8n || linkRate > rateLimit) {
    return `rates are 16 (free), 8 (control) to ${rateLimit} bits a second`;
  }
  if (freePool < leastPool || freePool > rateLimit) {
    return `a pool of what is free has ${leastPool} to ${rateLimit} bits a second`;
  }
  if (freeRate + controlRate > linkRate) {
    return `free and control rate together are at most the link's, ${linkRate} bits a second`;
  }
  return pairFault(plan) ?? unaskedFault(plan);
}

function pairFault({ pairs = [], ownPriority = 0, freeRate }: QueuePlan): string | undefined {
  if (pairs.length >= bidderLimit) {
    return `${pairs.length} pair queues: at most ${bidderLimit - 1}`;
  }
  const isOne = (value: number, limit: number) =>
    Number.isInteger(value) && value >= 0 && value < limit;
  if (
    !isOne(ownPriority, priorityLimit) ||
    pairs.some((one) => !isOne(one.priority, priorityLimit))
  ) {
    return `a priority is 0 to ${priorityLimit - 1}`;
  }
  if (pairs.some(({ from }) => !isOne(from, neighbourLimit))) {
    return `a pair's sender has an index of 0 to ${neighbourLimit - 1}`;
  }
  if (freeRate < leastPairRate * BigInt(pairs.length)) {
    return `a free rate of ${leastPairRate} bits a second for each of ${pairs.length} pairs is needed`;
  }
  if (new Set(pairs.map(({ from }) => from)).size < pairs.length) return "a pair is queued twice";
  const odd = pairs.find(({ floor }) => floor < 0n || floor > rateLimit);
  return odd === undefined ? undefined : `a floor is 0 to ${rateLimit} bits a second`;
}

/** What is wrong with our own users' interfaces or the place of their notice, or nothing. */
export function ownFault({ lan, notices }: OwnPlan): string | undefined {
  if (lan.length < 1 || lan.length > ownLimit) return `${lan.length} interfaces: 1 to ${ownLimit}`;
  const odd = lan.find((name) => !interfaceWord.test(name));
  if (odd !== undefined) return `${odd.slice(0, 40)}: ${nameWords}`;
  const fault = notices.map(noticeFault).find((one) => one !== undefined);
  if (fault !== undefined) return fault;
  const kinds = new Set(notices.map(({ host }) => isIP(host)));
  return kinds.size < notices.length ? "one notice for each kind of address" : undefined;
}

function noticeFault({ host, port }: NoticePlace): string | undefined {
  if (isIP(host) === 0 || host.includes("%"))
    return `${host.slice(0, 60)}: a notice has an address`;
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort ? undefined : `${port}: a port is 1 to 65535`;
}

const interfaceWord = /^[A-Za-z0-9_.-]{1,15}$/;
const nameWords = "an interface name has 1 to 15 letters, digits, _ . -";

function unaskedFault({ interfaces, unasked }: QueuePlan): string | undefined {
  if (unasked === undefined) return undefined;
  const { carrier, served } = unasked;
  if (!Number.isInteger(carrier) || carrier < 1 || carrier >= interfaces.length) {
    return `there is no paid class ${carrier} to deliver on`;
  }
  if (served.length > servedLimit)
    return `${served.length} served prefixes: at most ${servedLimit}`;
  const odd = served.find((prefix) => parsePrefix(prefix) !== prefix);
  return odd === undefined ? undefined : `${odd.slice(0, 60)}: what is served is a prefix`;
}

function routeFault(route: QueueRoute, plans: ReadonlyMap<number, QueuePlan>): string | undefined {
  if (parsePrefix(route.prefix) === undefined) {
    return "a prefix is an address, / and a number of bits, with no bits behind them";
  }
  const plan = plans.get(route.index);
  if (plan === undefined) return `there is no neighbour ${route.index}`;
  if (plan.interfaces[route.class] === undefined) {
    return `neighbour ${route.index} has no class ${route.class}`;
  }
  return undefined;
}
