/** Where the first byte that is not zero stands in from..to; `to` where there is none. */
export function firstUsed(bytes: Uint8Array, from: number, to: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  while (at + 4 <= to && view.getUint32(at) === 0) at += 4; // most of a segment is zeros
  while (at < to && bytes[at] === 0) at += 1;
  return at;
}

/** How many bytes there are up to and with the last one that is not zero. */
export function usedLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length;
  while (end >= 4 && view.getUint32(end - 4) === 0) end -= 4;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
