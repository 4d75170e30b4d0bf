import { lossPpmOf } from "./attenuation.ts";
import { log2 } from "./logarithm.ts";
import type { RouteVector } from "./vector.ts";

/** How much an operator minds each part of a vector, against the others. */
export interface Preference {
  /** 0 to {@link weightLimit} each; 0 is "not at all". */
  readonly price: bigint;
  readonly loss: bigint;
  readonly delay: bigint;
  /** Another way must be better by so many per cent of price, or as much, to be changed to. */
  readonly margin: bigint;
}

/** The largest weight. */
export const weightLimit = 1000n;

/** The largest margin, in per cent. */
export const marginLimit = 1000n;

/** Half a per cent of loss and ten milliseconds: what lies below makes little difference to anybody. */
const lossFloor = 5000n;
const delayFloor = 10_000n;

/** What each part of a vector adds to its badness. */
export interface BadnessParts {
  readonly price: bigint;
  readonly loss: bigint;
  readonly delay: bigint;
}

/** The weighted logarithms of a way's price, loss and delay. None gets smaller as its part of the vector grows. */
export function badnessParts(vector: RouteVector, preference: Preference): BadnessParts {
  return {
    price: preference.price * log2(vector.price + 1n),
    loss: preference.loss * log2(lossPpmOf(vector.attenuation) + lossFloor),
    delay: preference.delay * log2(vector.delay + delayFloor),
  };
}

/**
 * How bad a way is: the sum of the weighted logarithms of its price, loss and delay. So what counts are
 * proportions: half the price outweighs twice the delay where the weights are equal, whatever the
 * token is worth. Smaller is better; never gets smaller as any part of the vector grows.
 */
export function badness(vector: RouteVector, preference: Preference): bigint {
  const { price, loss, delay } = badnessParts(vector, preference);
  return price + loss + delay;
}

/**
 * By how much badness another way must be smaller. Where each badness is known up to half of this,
 * a choice among n ways changes at most n - 1 times: no two of them take turns.
 */
export function hysteresis({ price, loss, delay, margin }: Preference): bigint {
  const heaviest = [price, loss, delay].reduce((a, b) => (a > b ? a : b));
  return heaviest * (log2(100n + margin) - log2(100n));
}
