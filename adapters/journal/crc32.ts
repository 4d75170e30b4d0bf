/** CRC-32 as in ISO 3309 (zlib, Ethernet), reflected polynomial 0xedb88320. */
const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

/** The CRC-32 of bytes from..to. */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let c = 0xffffffff;
  for (let i = from; i < to; i++) {
    c = (table[(c ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (c >>> 8);
  }
  return ~c >>> 0;
}

/**
 * Where in a block of `length` bytes a single flipped bit makes this difference between the CRC
 * computed and the CRC stored: bit number counted from the block's first byte, lowest bit first;
 * -1 where no single bit of the block does. CRC is linear, so the difference tells the place.
 */
export function flippedBit(difference: number, length: number): number {
  const effect = new Uint32Array(8);
  for (let bit = 0; bit < 8; bit++) effect[bit] = table[1 << bit] ?? 0;
  for (let at = length - 1; at >= 0; at--) {
    for (let bit = 0; bit < 8; bit++) {
      const now = effect[bit] ?? 0;
      if (now === difference) return at * 8 + bit;
      effect[bit] = ((table[now & 0xff] ?? 0) ^ (now >>> 8)) >>> 0;
    }
  }
  return -1;
}
