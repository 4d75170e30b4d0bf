import { crc32 as nativeCrc32 } from "node:zlib";

/** CRC-32 as in ISO 3309 (zlib, Ethernet), reflected polynomial 0xedb88320. */
const polynomial = 0xedb88320;

/** Eight tables of 256: table k advances a byte by k more zero bytes (slicing by 8). */
const tables = makeTables();

function makeTables(): Uint32Array {
  const all = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    all[byte] = c;
  }
  for (let i = 256; i < all.length; i++) all[i] = advanced(all[i - 256] as number, all);
  return all;
}

/** What becomes of a remainder when one zero byte follows. */
function advanced(remainder: number, table: Uint32Array = tables): number {
  return ((table[remainder & 0xff] as number) ^ (remainder >>> 8)) >>> 0;
}

/** From so many bytes on, a call of the native function costs less than the loop. */
const nativeFrom = 300;

/** The CRC-32 of bytes from..to; short ones eight at a time here. */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  if (to - from >= nativeFrom) return nativeCrc32(bytes.subarray(from, to));
  const t = tables;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let c = 0xffffffff;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    const low = c ^ view.getUint32(i, true);
    const high = view.getUint32(i + 4, true);
    c =
      (t[0x700 | (low & 0xff)] as number) ^
      (t[0x600 | ((low >>> 8) & 0xff)] as number) ^
      (t[0x500 | ((low >>> 16) & 0xff)] as number) ^
      (t[0x400 | (low >>> 24)] as number) ^
      (t[0x300 | (high & 0xff)] as number) ^
      (t[0x200 | ((high >>> 8) & 0xff)] as number) ^
      (t[0x100 | ((high >>> 16) & 0xff)] as number) ^
      (t[high >>> 24] as number);
  }
  for (; i < to; i++) c = (t[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

/**
 * The same, by a table that no flipped bit of this process's memory can reach: it is constant data of
 * the runtime. For what is written, and before anything that was read is called damaged: with a
 * flipped bit in the tables here, a whole frame looks like one with a flipped bit, and would be
 * put "right".
 */
export function sureCrc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return nativeCrc32(bytes.subarray(from, to));
}

/**
 * Where in a block of `length` bytes a single flipped bit makes this difference between the CRC
 * computed and the CRC stored: bit number counted from the block's first byte, lowest bit first;
 * -1 where no single bit of the block does. CRC is linear, so the difference tells the place; up
 * to 11 kB no two places share one, and two flipped bits never look like one (the polynomial's
 * Hamming distance is 4 at such lengths: Koopman, DSN 2002).
 */
export function flippedBit(difference: number, length: number): number {
  const effect = new Uint32Array(8);
  for (let bit = 0; bit < 8; bit++) effect[bit] = tables[1 << bit] as number;
  for (let at = length - 1; at >= 0; at--) {
    for (let bit = 0; bit < 8; bit++) {
      const now = effect[bit] as number;
      if (now === difference) return at * 8 + bit;
      effect[bit] = advanced(now);
    }
  }
  return -1;
}
