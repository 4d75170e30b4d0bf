import { fractionBits, log2, oneDoubling } from "./logarithm.ts";

/**
 * How much of what is sent arrives, as a logarithm: -log2(arriving share) in steps of 2^-20. Shares
 * multiply along a path, so attenuations add: exactly, in any order, without rounding.
 */
export type Attenuation = bigint & { readonly unit: "2^-20 halvings" };

/** Everything arrives. */
export const clear = 0n as Attenuation;

/** Nothing arrives, as far as this goes: less than one of a million packets. */
export const opaque = (20n << fractionBits) as Attenuation;

/** All of a million. */
export const million = 1_000_000n;

/** The attenuation of a loss in parts per million; more than all is all. Grows with the loss. */
export function attenuationOf(lossPpm: bigint): Attenuation {
  if (lossPpm <= 0n) return clear;
  if (lossPpm >= million) return opaque;
  return capped(log2(million) - log2(million - lossPpm));
}

/** Of two links or paths one after the other. */
export function both(a: Attenuation, b: Attenuation): Attenuation {
  return capped(a + b);
}

/** The loss in parts per million, rounded to the nearest. */
export function lossPpmOf(attenuation: Attenuation): bigint {
  if (attenuation >= opaque) return million;
  let share = one >> (attenuation >> fractionBits);
  roots.forEach((root, i) => {
    const bit = oneDoubling >> BigInt(i + 1);
    if ((attenuation & bit) !== 0n) share = (share * root) / one;
  });
  return million - (share * million + one / 2n) / one;
}

function capped(value: bigint): Attenuation {
  return (value < opaque ? value : opaque) as Attenuation;
}

/** 1 with 64 bits behind the point. */
const one = 1n << 64n;

/** 2^-(1/2), 2^-(1/4), and so on, one for each fraction bit. */
const roots: readonly bigint[] = halvings();

function halvings(): readonly bigint[] {
  const found: bigint[] = [];
  let power = one / 2n;
  for (let bit = 0n; bit < fractionBits; bit++) {
    power = squareRoot(power * one);
    found.push(power);
  }
  return found;
}

/** Rounded down (Newton's way, from above). */
function squareRoot(value: bigint): bigint {
  let guess = one; // above every root that is asked for
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
