import type { Money } from "./money.ts";

/** The price of one byte, in grains. A paid class costs at least one grain a byte. */
export type Price = bigint & { readonly unit: "grain per byte" };

/** The dearest price the codecs carry. Each operator's own cap lies far below. */
export const priceLimit = (1n << 64n) - 1n;

/**
 * A price in grains per byte.
 * @throws RangeError below 1 or above {@link priceLimit}: bytes for nothing ride class 0.
 */
export function price(grainsPerByte: bigint): Price {
  if (grainsPerByte < 1n || grainsPerByte > priceLimit) {
    throw new RangeError(
      `a price lies between 1 and 2^64 - 1 grains a byte, found ${grainsPerByte}`,
    );
  }
  return grainsPerByte as Price;
}

/** What a number of bytes costs at a price. Exact. */
export function cost(bytes: bigint, at: Price): Money {
  return (bytes * at) as Money;
}
