import type { QueueTree } from "#core/queue/queue-part.ts";
import { type FreePool, openRate, poolFilters } from "./free-pool.ts";
import {
  classIds,
  htbClass,
  htbKind,
  type LeafKind,
  leafLimit,
  leafOf,
  pairLeaf,
  type Standing,
} from "./htb.ts";
import { leavesOf, pairParts } from "./pair-queues.ts";
import type { QueuePlan } from "./queueing.ts";

/** HTB's last priority: what is carried for nothing goes behind whatever anybody bids. */
const lastPriority = 7n;

/**
 * The queues of one tunnel as they should be. On class 0 control traffic has a share that nothing can
 * take, and what is forwarded for nothing never has more than the free rate, or than the pool of all.
 * @param free whether the tunnel is that of class 0.
 */
export function tunnelQueues(
  free: boolean,
  plan: QueuePlan,
  standing: Standing,
  leaf: LeafKind,
  pool?: FreePool,
): QueueTree {
  const { linkRate, freeRate, controlRate, pairs = [], ownPriority = 1 } = plan;
  const rate = standing === "open" ? linkRate : freeRate;
  const whole = free && standing === "open" ? linkRate - controlRate : rate;
  // Guaranteed rates inside the standing class are small: what is guaranteed ignores its ceiling.
  const share = freeRate / 2n;
  const own = pairs.length === 0 ? share : share / 2n;
  const left = whole - share - own;
  const { link, control, standing: inner, rest, free: carried } = classIds;
  const freePriority = pairs.length === 0 && pool === undefined ? 2n : lastPriority;
  const most = lesser(openRate(plan), linkRate);
  return [
    { id: "1:", parent: undefined, kind: htbKind(0x20), settings: {} },
    htbClass(link, "1:", linkRate, linkRate, 0n),
    htbClass(inner, link, whole, rate, 0n),
    htbClass(rest, inner, own, linkRate, BigInt(ownPriority)),
    leafOf("20:", rest, leaf, pairLeaf(rate, leavesOf(plan))),
    ...pairParts(plan, standing, leaf, left),
    ...(free
      ? [
          htbClass(control, link, controlRate, linkRate, 0n),
          leafOf("10:", control, leaf, leafLimit(controlRate)),
          htbClass(carried, inner, share, freeCeiling(plan, share, most), freePriority),
          leafOf("30:", carried, leaf, leafLimit(most)),
          ...(pool === undefined ? [] : poolFilters(pool)),
        ]
      : []),
  ];
}

/**
 * The most that is carried for nothing: of the link only what nobody has bought, because the paid tunnel
 * beside this one shares its cable. Never less than is guaranteed.
 */
function freeCeiling({ unsold: told }: QueuePlan, guaranteed: bigint, most: bigint): bigint {
  const unsold = lesser(told ?? most, most);
  return unsold > guaranteed ? unsold : guaranteed;
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
