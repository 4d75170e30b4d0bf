import { type Attenuation, both, clear, opaque } from "./attenuation.ts";

/**
 * What a way to a destination costs and how good it is, each part kept apart, so that every operator
 * weighs them its own way. Durations are measured outside and only compared here: no bill depends on
 * any part of it (T10).
 */
export interface RouteVector {
  /** Grains a byte: what we would be charged. 0 for what is carried for nothing. */
  readonly price: bigint;
  readonly attenuation: Attenuation;
  /** Microseconds, one way. */
  readonly delay: bigint;
}

/** The dearest price of a vector: what the codecs carry. */
export const vectorPriceLimit = (1n << 64n) - 1n;

/** The longest delay, an hour: beyond it a way is no slower. In microseconds. */
export const delayLimit = 3_600_000_000n;

/** The way to oneself. */
export const here: RouteVector = { price: 0n, attenuation: clear, delay: 0n };

/**
 * Two stretches one after the other: prices and delays add, losses multiply. Associative, with
 * {@link here} as its one that changes nothing; no part of it ever gets better by a further stretch.
 */
export function along(first: RouteVector, second: RouteVector): RouteVector {
  return {
    price: least(first.price + second.price, vectorPriceLimit),
    attenuation: both(first.attenuation, second.attenuation),
    delay: least(first.delay + second.delay, delayLimit),
  };
}

/** Whether a vector's parts are within their limits. */
export function isVector({ price, attenuation, delay }: RouteVector): boolean {
  const within = (value: bigint, limit: bigint) => value >= 0n && value <= limit;
  return (
    within(price, vectorPriceLimit) && within(attenuation, opaque) && within(delay, delayLimit)
  );
}

/** Whether two vectors are equal, part by part. */
export function sameVector(a: RouteVector, b: RouteVector): boolean {
  return a.price === b.price && a.attenuation === b.attenuation && a.delay === b.delay;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
