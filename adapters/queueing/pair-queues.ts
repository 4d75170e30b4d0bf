import type { QueueTree } from "#core/queue/queue-part.ts";
import { classIds, htbClass, type LeafKind, leafOf, pairLeaf, type Standing } from "./htb.ts";
import type { QueuePlan } from "./queueing.ts";

/** The HTB class number of packets from the neighbour of an index: the same on every tunnel. */
export function pairClass(index: number): string {
  return `1:${(firstPair + index).toString(16)}`;
}

const firstPair = 0x100;

/** A class needs a byte a second, in bits. */
const leastRate = 8n;

/**
 * A class for each neighbour that others' packets to this one come from, in the order of bids. What is
 * guaranteed to each is its floor, as far as all of them together fit into what the tunnel has left.
 * @param left what nobody else is guaranteed below the same class, bits a second.
 */
export function pairParts(
  plan: QueuePlan,
  standing: Standing,
  leaf: LeafKind,
  left: bigint,
): QueueTree {
  const pairs = plan.pairs ?? [];
  if (pairs.length === 0) return [];
  const most = left / BigInt(pairs.length);
  const rate = standing === "open" ? plan.linkRate : plan.freeRate;
  return pairs.flatMap(({ from, priority, floor }) => {
    const id = pairClass(from);
    const wanted = floor > leastRate ? floor : leastRate;
    const guaranteed = wanted < most ? wanted : most;
    return [
      htbClass(id, classIds.standing, guaranteed, plan.linkRate, BigInt(priority)),
      leafOf(`${id.slice(2)}:`, id, leaf, pairLeaf(rate, leavesOf(plan))),
    ];
  });
}

/** How many leaves packets of a paid tunnel may wait in: our own, and one for each neighbour. */
export function leavesOf({ pairs = [] }: QueuePlan): number {
  return pairs.length + 1;
}

/**
 * Gives packets that are forwarded the class of the neighbour they come from. Free ones keep theirs.
 * One lookup, however many neighbours there are.
 */
export function pairLines(
  table: string,
  freeMark: number,
  plans: readonly QueuePlan[],
): readonly string[] {
  const bidding = new Set(plans.flatMap(({ pairs = [] }) => pairs.map(({ from }) => from)));
  const classes = plans
    .filter(({ index }) => bidding.has(index))
    .flatMap(({ index, interfaces }) =>
      interfaces.map((name) => `"${name}" : ${pairClass(index)}`),
    );
  if (classes.length === 0) return [];
  return [
    `add rule inet ${table} passing meta mark != ${freeMark} meta priority set iifname map { ${classes.join(", ")} }`,
  ];
}
