import { outerLength } from "#adapters/queueing/queueing.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { hourlyBound, longestProbe } from "./measuring-share.ts";

/** What measuring cost so far today, by whom it measures. */
export interface MeasuringCost {
  /** Counts a probe or an answer. @param bytes as WireGuard sends it; @param now milliseconds of this run. */
  readonly spend: (end: NodeId, bytes: bigint, isPaid: boolean, now: number) => void;
  readonly of: (end: NodeId, now: number) => DayCost;
  /** Only these are neighbours: what was counted for others is forgotten. */
  readonly keep: (ends: ReadonlySet<NodeId>) => void;
}

/** Bytes sent for measuring since the day of the run began. */
export interface DayCost {
  /** On paid tunnels, as the next hop is paid for them. */
  readonly paid: bigint;
  readonly unpaid: bigint;
}

/** Of UDP over IPv6, in bytes. */
const headers = 48;

/** A day of a run, in milliseconds: the first begins with it. */
export const dayLength = 86_400_000;

/** The most that measuring one destination can take in a day, in bytes, where nobody is paid for it. */
export const dailyBound: bigint = 24n * hourlyBound;

/** The same where its tunnel goes through another one's paid tunnel, which wraps each packet again. */
export const dailyPaidBound: bigint = (dailyBound / longestProbe) * wrappedAgain(longestProbe);

/** What WireGuard makes of a packet of WireGuard. */
function wrappedAgain(bytes: bigint): bigint {
  return BigInt(outerLength(Number(bytes) + headers));
}

/** Nothing was spent. */
export function measuringCost(): MeasuringCost {
  const costs = new Map<NodeId, DayCost>();
  let day = 0;
  const turn = (now: number): void => {
    const today = Math.floor(now / dayLength);
    if (today === day) return;
    day = today;
    costs.clear();
  };
  const of = (end: NodeId, now: number): DayCost => {
    turn(now);
    return costs.get(end) ?? { paid: 0n, unpaid: 0n };
  };
  return {
    of,
    spend: (end, bytes, isPaid, now) => {
      const { paid, unpaid } = of(end, now);
      costs.set(
        end,
        isPaid ? { paid: paid + wrappedAgain(bytes), unpaid } : { paid, unpaid: unpaid + bytes },
      );
    },
    keep: (ends) => {
      for (const end of costs.keys()) if (!ends.has(end)) costs.delete(end);
    },
  };
}
