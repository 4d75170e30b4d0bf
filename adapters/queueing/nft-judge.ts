import { neighbourOf } from "./neighbour-name.ts";
import type { QueuePlan } from "./queueing.ts";

/**
 * Counters of what comes from each neighbour, in inner bytes: all of it, what of it is junk, and what
 * is carried for nothing each way. They only count: what follows is decided by the agent.
 */
export const tallyNames = {
  came: (neighbour: string) => `came_${neighbour}`,
  junk: (neighbour: string) => `junk_${neighbour}`,
  undue: (neighbour: string) => `undue_${neighbour}`,
  freeIn: (neighbour: string) => `freein_${neighbour}`,
  freeOut: (neighbour: string) => `freeout_${neighbour}`,
  leaked: (neighbour: string) => `leaked_${neighbour}`,
} as const;

/** The counters of one neighbour, to be made or deleted with it. */
export function tallyLines(verb: "add" | "delete", table: string, plan: QueuePlan) {
  return Object.values(tallyNames).map(
    (nameOf) => `${verb} counter inet ${table} ${nameOf(neighbourOf(plan))}`,
  );
}

/** A counter by the interface that a packet came in by, or leaves by. */
export function countBy(
  way: "iifname" | "oifname",
  nameOf: (neighbour: string) => string,
  plans: readonly QueuePlan[],
  interfacesOf: (plan: QueuePlan) => readonly string[] = ({ interfaces }) => interfaces,
): string {
  const pairs = plans.flatMap((plan) =>
    interfacesOf(plan).map((name) => `"${name}" : "${nameOf(neighbourOf(plan))}"`),
  );
  return `counter name ${way} map { ${pairs.join(", ")} }`;
}

/**
 * What the chain `judge` does with packets from neighbours: counts them, and sends those that are junk to
 * the chain `waste`. Junk is what came on a class cheaper than its destination's, which rides the free
 * class on; what leads nowhere; and, where we pay for what a tunnel delivers, what nobody behind us asked
 * for. Each packet is wasted once.
 */
export function judgeLines(
  table: string,
  freeMark: number,
  plans: readonly QueuePlan[],
): readonly string[] {
  if (plans.length === 0) return [];
  const rule = `add rule inet ${table} judge`;
  return [
    `${rule} ${countBy("iifname", tallyNames.came, plans)}`,
    ...cheaperThanDestination(plans).map(
      (match) => `${rule} ${match} meta mark set ${freeMark} goto waste`,
    ),
    `${rule} fib daddr type unicast fib daddr oif missing goto waste`,
    ...unaskedLines(rule, plans),
    ...wasteLines(table, plans),
  ];
}

/** Junk is counted, and what of it a delivery would bill once more. */
function wasteLines(table: string, plans: readonly QueuePlan[]): readonly string[] {
  const rule = `add rule inet ${table} waste`;
  const buying = plans.filter(({ unasked }) => unasked !== undefined);
  const counted = `${rule} ${countBy("iifname", tallyNames.junk, plans)}`;
  if (buying.length === 0) return [counted];
  const carriers = braced(buying.flatMap(carriersOf));
  const undue = countBy("iifname", tallyNames.undue, buying, carriersOf);
  return [counted, `${rule} iifname ${carriers} ${undue}`];
}

/** The tunnel that delivers what we pay for, if there is one. */
function carriersOf({ interfaces, unasked }: QueuePlan): readonly string[] {
  return unasked === undefined ? [] : interfaces.slice(unasked.carrier, unasked.carrier + 1);
}

/** For each class but the dearest: what came on it and leads to a dearer one. */
function cheaperThanDestination(plans: readonly QueuePlan[]): readonly string[] {
  const classes = Math.max(0, ...plans.map((plan) => plan.interfaces.length - 1));
  return Array.from({ length: classes }, (_, i) => i + 1).flatMap((k) => {
    const from = plans.flatMap((plan) => plan.interfaces.slice(k, k + 1));
    const above = plans.flatMap((plan) => plan.interfaces.slice(k + 1));
    if (from.length === 0 || above.length === 0) return [];
    return [`iifname ${braced(from)} fib daddr oifname ${braced(above)}`];
  });
}

/**
 * New to connection tracking, and for this router or what lies behind it. A lookup of a route tells no
 * interface for the router's own addresses, and that is no tunnel either.
 */
function unaskedLines(rule: string, plans: readonly QueuePlan[]): readonly string[] {
  const buying = plans.filter(({ unasked }) => unasked !== undefined);
  if (buying.length === 0) return [];
  const carriers = braced(buying.flatMap(carriersOf));
  const served = [...new Set(buying.flatMap(({ unasked }) => unasked?.served ?? []))];
  const tunnels = braced(plans.flatMap(({ interfaces }) => interfaces));
  return [
    ...served.map(
      (prefix) => `${rule} ${prefix.includes(":") ? "ip6" : "ip"} daddr ${prefix} return`,
    ),
    `${rule} iifname ${carriers} ct state { new, invalid, untracked } fib daddr oifname != ${tunnels} goto waste`,
  ];
}

function braced(names: readonly string[]): string {
  return `{ ${names.map((name) => `"${name}"`).join(", ")} }`;
}
