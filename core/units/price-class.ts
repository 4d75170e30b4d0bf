/**
 * A price class is a tunnel (protocol section 2): class 0 is free, classes 1 to 7 carry paid
 * traffic, each at its own price.
 */
export type PriceClass = number & { readonly unit: "price class" };

/** The free class: control traffic, bytes for the neighbour itself, the free tier. */
export const freeClass = 0 as PriceClass;

/** The dearest class there is; a pair of neighbours has at most this many paid tunnels. */
export const priceClassLimit = 7;

/** @throws RangeError outside of 0 to {@link priceClassLimit}. */
export function priceClass(value: number): PriceClass {
  if (!Number.isInteger(value) || value < 0 || value > priceClassLimit) {
    throw new RangeError(`a price class lies between 0 and ${priceClassLimit}, found ${value}`);
  }
  return value as PriceClass;
}
