import * as Effect from "effect/Effect";
import { run } from "#adapters/command/command.ts";
import type { QueuePlan } from "./queueing.ts";

/** Packets that a tunnel's device may hold beyond HTB's own queue. */
export const transmitQueue = 32;

/** A leaf queue holds 50 ms at the link's rate, at least eight packets, in bytes. */
export function leafLimit(linkRate: bigint): bigint {
  const bytes = linkRate / 8n / 20n;
  const least = 8n * 1514n;
  return bytes > least ? bytes : least;
}

/** The leaf qdisc that this kernel has: fq_codel, or a byte-limited fifo. */
export const probeLeaf = (interfaceName: string, linkRate: bigint) =>
  run("tc", ["qdisc", "replace", "dev", interfaceName, "root", "fq_codel"]).pipe(
    Effect.andThen(run("tc", ["qdisc", "delete", "dev", interfaceName, "root"])),
    Effect.as("fq_codel"),
    Effect.catch(() => Effect.succeed(`bfifo limit ${leafLimit(linkRate)}`)),
  );

/** A whole HTB tree for one tunnel, open. On class 0, control traffic has a share of its own. */
export function htbLines(
  name: string,
  free: boolean,
  plan: QueuePlan,
  leaf: string,
): readonly string[] {
  return [
    `qdisc replace dev ${name} root handle 1: htb default 20`,
    `class replace dev ${name} parent 1: classid 1:1 htb rate ${plan.linkRate}bit ceil ${plan.linkRate}bit quantum 1514`,
    ...(free
      ? [
          `class replace dev ${name} parent 1:1 classid 1:10 htb rate ${plan.controlRate}bit ceil ${plan.linkRate}bit prio 0 quantum 1514`,
          `qdisc replace dev ${name} parent 1:10 handle 10: ${leaf}`,
        ]
      : []),
    ...standingClassLines(name, free, plan, "open"),
    `qdisc replace dev ${name} parent 1:20 handle 20: ${leaf}`,
  ];
}

/** The class of everything that is not control traffic: changed in place, at once. */
export function standingClassLines(
  name: string,
  free: boolean,
  plan: QueuePlan,
  standing: "open" | "throttled",
): readonly string[] {
  const whole = free ? plan.linkRate - plan.controlRate : plan.linkRate;
  const rate = standing === "open" ? whole : plan.freeRate;
  const ceil = standing === "open" ? plan.linkRate : plan.freeRate;
  return [
    `class replace dev ${name} parent 1:1 classid 1:20 htb rate ${rate}bit ceil ${ceil}bit prio 1 quantum 1514`,
  ];
}
