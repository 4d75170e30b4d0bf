/**
 * A byte position on an account: how many bytes the payer has sent since the account began.
 * Positions are absolute, start at 0 and never go back (protocol section 1).
 */
export type Position = bigint & { readonly unit: "byte position" };

/** The position at which every account begins. */
export const origin = 0n as Position;

/** The largest position there is: kernel counters are unsigned 64-bit numbers. */
export const positionLimit = (1n << 64n) - 1n;

/**
 * A number of bytes as a position.
 * @throws RangeError below 0 or above {@link positionLimit}.
 */
export function position(bytes: bigint): Position {
  if (bytes < 0n || bytes > positionLimit) {
    throw new RangeError(`a byte position lies between 0 and 2^64 - 1, found ${bytes}`);
  }
  return bytes as Position;
}
