/** Bytes of the NOR flash that machines see: a power of two. */
export const norSize = 4 * 1024 * 1024;

/** NOR flash as it comes: all ones. */
export function erasedNor(): Uint8Array {
  return new Uint8Array(norSize).fill(0xff);
}
