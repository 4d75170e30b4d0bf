import { sha256 } from "@noble/hashes/sha2.js";
import { crc32 } from "./crc32.ts";

/**
 * A segment: one preallocated file of the journal. Its header stands at the front twice; it names
 * the SHA-256 of the segment before, so that all segments are one chain.
 */
export interface SegmentHeader {
  /** 1 for the first segment. */
  readonly number: number;
  /** The sequence of its first frame. */
  readonly firstSequence: number;
  /** The CRC of the last frame before, 0 for none. */
  readonly previousCrc: number;
  /** SHA-256 over the frames of the segment before, zeros for the first. */
  readonly previousHash: Uint8Array;
}

/** Bytes of one copy of the header. */
const copySize = 256;

/** Where the frames begin. */
export const framesBegin = 2 * copySize;

/** The size of a segment file in bytes. */
export const segmentSize = 256 * 1024;

const magic = Uint8Array.from("meshtoll journal", (character) => character.charCodeAt(0));

/** The format of segments; changes only when headers or frames do. */
export const segmentFormat = 1;

/** A new segment as bytes: header twice, then zeros. */
export function newSegment(header: SegmentHeader, size = segmentSize): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const at of [0, copySize]) writeHeader(bytes.subarray(at, at + copySize), header);
  return bytes;
}

function writeHeader(copy: Uint8Array, header: SegmentHeader): void {
  const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
  copy.set(magic, 0);
  view.setUint32(16, segmentFormat, true);
  view.setUint32(20, header.number, true);
  view.setUint32(24, header.firstSequence, true);
  view.setUint32(28, header.previousCrc, true);
  copy.set(header.previousHash, 32);
  view.setUint32(64, crc32(copy, 0, 64), true);
}

/** The header, from whichever of its copies is whole; nothing where neither is. */
export function readHeader(bytes: Uint8Array): SegmentHeader | undefined {
  for (const at of [0, copySize]) {
    if (bytes.length < at + copySize) continue;
    const copy = bytes.subarray(at, at + copySize);
    const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
    const whole = view.getUint32(64, true) === crc32(copy, 0, 64);
    if (!whole || !magic.every((byte, i) => byte === copy[i])) continue;
    if (view.getUint32(16, true) !== segmentFormat) continue;
    return {
      number: view.getUint32(20, true),
      firstSequence: view.getUint32(24, true),
      previousCrc: view.getUint32(28, true),
      previousHash: copy.slice(32, 64),
    };
  }
  return undefined;
}

/** Whether both copies of the header are as they were written. */
export function headerIsWhole(bytes: Uint8Array): boolean {
  const header = readHeader(bytes);
  if (header === undefined) return false;
  const fresh = newSegment(header, framesBegin);
  return fresh.every((byte, i) => byte === bytes[i]);
}

/** The hash that the next segment's header carries: over this segment's frames. */
export function segmentHash(bytes: Uint8Array, end: number): Uint8Array {
  return sha256(bytes.subarray(framesBegin, end));
}
