/**
 * Chance from a seed, the same on every machine: sfc32 (Chris Doty-Humphrey, PractRand), in whole
 * 32-bit numbers.
 */
export interface Chance {
  /** A whole number from 0 up to, not including, the limit; at most 2^32. */
  readonly below: (limit: number) => number;
  /** Whether something that happens in so many of `scale` cases happens now. */
  readonly happens: (parts: number, scale: number) => boolean;
}

/** Rounds that mix the seed before the first number is given away. */
const warmUp = 15;

/** Chance for one purpose of a run: `stream` keeps purposes apart, so that they do not disturb each other. */
export function chance(seed: number, stream: number): Chance {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = stream >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return sum;
  };
  for (let i = 0; i < warmUp; i++) next();
  const below = (limit: number): number => Math.floor((next() * limit) / 2 ** 32);
  return {
    below,
    happens: (parts, scale) => parts > 0 && (parts >= scale || below(scale) < parts),
  };
}
