import type { Wishes } from "./wishes.ts";

/** The furthest that the slider goes: earn as much as can be. 0 is cheap for others. */
export const sliderEnd = 100n;

/** What the slider is set between. Grains a byte. */
export interface SliderScale {
  /** What a gigabyte usually costs hereabouts, as the operator says. */
  readonly usual: bigint;
  /** P: no price is above it, wherever the slider stands. */
  readonly cap: bigint;
}

/** The wishes that one number stands for; the others stay as they are. */
export type SliderWishes = Pick<
  Wishes,
  "mode" | "profit" | "floor" | "ceiling" | "scarce" | "idle"
>;

/**
 * One number instead of six: docs/market.md has the table. All of them grow in a straight line but the
 * shares of sold capacity, which fall: who wants to earn asks more sooner.
 * @throws RangeError below 0 and above {@link sliderEnd}.
 */
export function wishesAt(slider: bigint, { usual, cap }: SliderScale): SliderWishes {
  if (slider < 0n || slider > sliderEnd) {
    throw new RangeError(`the slider stands between 0 and ${sliderEnd}, found ${slider}`);
  }
  const between = (at0: bigint, at100: bigint) => at0 + ((at100 - at0) * slider) / sliderEnd;
  const capped = (price: bigint) => (price > cap ? cap : price < 1n ? 1n : price);
  return {
    mode: "automatic",
    profit: between(0n, 500_000n),
    floor: capped((usual * between(100n, 800n)) / 1000n),
    ceiling: capped((usual * between(1000n, 3000n)) / 1000n),
    scarce: between(950_000n, 600_000n),
    idle: between(600_000n, 200_000n),
  };
}
