import { chance } from "../network/chance.ts";

/** What both debt keepers live through: one flow, and the payer's power fails once a day. */
export interface Month {
  readonly days: number;
  readonly cuts: readonly Cut[];
}

/** A power cut. */
export interface Cut {
  readonly second: number;
  readonly who: "payer" | "payee";
}

/** Bytes a second: 20 Mb/s. */
export const bytesPerSecond = 2_500_000n;

/** Grains a byte. */
export const feePerByte = 1n;

/** Both pay at 4 GB and enforce at ten times that: 0.2 and 2 dollars at 5 cents a GB. */
export const terms = { payThreshold: 4_000_000_000n, limit: 40_000_000_000n } as const;

/** What a throttled neighbour still gets: 1 Mb/s. */
export const freeBytesPerSecond = 125_000n;

/** Seconds of a day. */
export const daySeconds = 86_400;

/** The month of a seed: every day the power of one of both fails at some second. */
export function monthOf(seed: number, days: number): Month {
  const draw = chance(seed, 0xda1);
  const cuts = Array.from({ length: days }, (_, day): Cut => {
    const second = day * daySeconds + draw.below(daySeconds);
    return { second, who: "payer" };
  });
  return { days, cuts };
}
