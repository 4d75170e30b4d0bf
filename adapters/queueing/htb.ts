import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";
import type { QueuePlan } from "./queueing.ts";

/** Packets that a tunnel's device may hold beyond HTB's own queue. */
export const transmitQueue = 32;

/** One full packet on the wire of a tunnel. */
const fullPacket = 1514n;

/** A leaf queue is never shorter: a burst of eight packets fits. In bytes. */
export const leastLeaf = 8n * fullPacket;

/** A leaf queue is never longer, so that quotas need not keep more back for it. In bytes. */
export const mostLeaf = 1n << 20n;

/** A leaf queue holds 50 ms at its rate, in bytes. @param rate bits a second. */
export function leafLimit(rate: bigint): bigint {
  const bytes = rate / 8n / 20n;
  if (bytes < leastLeaf) return leastLeaf;
  return bytes < mostLeaf ? bytes : mostLeaf;
}

/** What queues inside a class. */
export type LeafKind = "fq_codel" | "bfifo";

/**
 * The leaf qdisc that this kernel has. Both are limited in bytes: what may wait in them is part of
 * what quotas keep back. Needs an interface whose queues may be lost.
 */
export const probeLeaf = (interfaceName: string): Effect.Effect<LeafKind> =>
  run("tc", ["qdisc", "replace", "dev", interfaceName, "root", "fq_codel"]).pipe(
    Effect.andThen(run("tc", ["qdisc", "delete", "dev", interfaceName, "root"])),
    Effect.as<LeafKind>("fq_codel"),
    Effect.catch(() => Effect.succeed<LeafKind>("bfifo")),
  );

function leafText(kind: LeafKind, rate: bigint): string {
  const limit = leafLimit(rate);
  return kind === "bfifo" ? `bfifo limit ${limit}` : `fq_codel limit 1024 memory_limit ${limit}`;
}

/** HTB classes by number: what packets are given with nft's `meta priority`, and what changes. */
export const classIds = {
  /** Control traffic, on class 0 only. */
  control: "1:10",
  /** Everything else; its rate is the neighbour's standing. */
  standing: "1:2",
  /** Within it: the default. */
  rest: "1:20",
  /** Within it, on class 0 only: packets that are carried for nothing. */
  free: "1:30",
} as const;

/**
 * A whole HTB tree for one tunnel, open, for `tc -batch`. On class 0 control traffic has a share
 * that nothing can take, and what is forwarded for nothing never has more than the free rate.
 * @param free whether the tunnel is that of class 0.
 */
export function htbLines(
  name: string,
  free: boolean,
  plan: QueuePlan,
  leaf: LeafKind,
): readonly string[] {
  const { linkRate, freeRate, controlRate } = plan;
  // Guaranteed rates inside the standing class are small: what is guaranteed ignores its ceiling.
  const share = freeRate / 2n;
  const htb = (parent: string, id: string, rate: bigint, ceil: bigint, rest: string) =>
    `class replace dev ${name} parent ${parent} classid ${id} htb rate ${rate}bit ceil ${ceil}bit ${rest}quantum 1514`;
  const queue = (id: string, handle: string, rate: bigint) =>
    `qdisc replace dev ${name} parent ${id} handle ${handle}: ${leafText(leaf, rate)}`;
  return [
    `qdisc replace dev ${name} root handle 1: htb default 20`,
    htb("1:", "1:1", linkRate, linkRate, ""),
    ...standingClass(name, free, plan, "open"),
    htb(classIds.standing, classIds.rest, share, linkRate, "prio 1 "),
    queue(classIds.rest, "20", linkRate),
    ...(free
      ? [
          htb("1:1", classIds.control, controlRate, linkRate, "prio 0 "),
          queue(classIds.control, "10", controlRate),
          htb(classIds.standing, classIds.free, share, freeRate, "prio 2 "),
          queue(classIds.free, "30", freeRate),
        ]
      : []),
  ];
}

/** Changes a tunnel's rate in place, at once, for `tc -batch`: nobody else loses a packet. */
export function standingQueueLines(
  name: string,
  free: boolean,
  plan: QueuePlan,
  standing: "open" | "throttled",
  leaf: LeafKind,
): readonly string[] {
  const rate = standing === "open" ? plan.linkRate : plan.freeRate;
  return [
    ...standingClass(name, free, plan, standing),
    `qdisc replace dev ${name} parent ${classIds.rest} handle 20: ${leafText(leaf, rate)}`,
  ];
}

function standingClass(
  name: string,
  free: boolean,
  plan: QueuePlan,
  standing: "open" | "throttled",
): readonly string[] {
  const whole = free ? plan.linkRate - plan.controlRate : plan.linkRate;
  const rate = standing === "open" ? whole : plan.freeRate;
  const ceil = standing === "open" ? plan.linkRate : plan.freeRate;
  return [
    `class replace dev ${name} parent 1:1 classid ${classIds.standing} htb rate ${rate}bit ceil ${ceil}bit quantum 1514`,
  ];
}
