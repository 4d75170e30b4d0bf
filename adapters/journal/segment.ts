import { sha256 } from "@noble/hashes/sha2.js";
import { crc32 } from "./crc32.ts";

/**
 * A segment: one preallocated file of the journal. Its header stands at the front twice, frames
 * follow, zeros follow them, and a seal stands at the end once no frame will be added. Each header
 * names the SHA-256 of the segment before, so that all segments are one chain.
 */
export interface SegmentHeader {
  /** 1 for the first segment. */
  readonly number: number;
  /** The sequence of its first frame. */
  readonly firstSequence: number;
  /** The CRC of the last frame before, 0 for none. */
  readonly previousCrc: number;
  /** {@link segmentHasher} of the segment before, zeros for the first. */
  readonly previousHash: Uint8Array;
  /** 32 bytes that name the form of the payloads; the journal only keeps them. */
  readonly schema: Uint8Array;
  /** Bytes of the whole segment. */
  readonly size: number;
}

/** What is written at the end of a segment that is complete. */
export interface Seal {
  readonly frames: number;
  /** Where the last frame ends. */
  readonly end: number;
  /** {@link segmentHasher} over this segment. */
  readonly hash: Uint8Array;
}

/** Bytes of one copy of the header: a disk sector, so that no lost sector takes both. */
const copySize = 512;

/** Where the frames begin. */
export const framesBegin = 2 * copySize;

/** Bytes of both copies of the header, up to the last one that is not always zero. */
export const headerSize = copySize + 104;

/** Bytes of the seal, at the very end. */
export const sealSize = 64;

/** The smallest and the largest segment, and the step between sizes, in bytes. */
export const segmentSizes = { least: 64 * 1024, most: 256 * 1024, step: 4096 } as const;

/** The format of segments; changes only when headers, frames or seals do. */
export const segmentFormat = 1;

const magic = letters("meshtoll journal");
const sealMagic = letters("sealed..");
const headerEnd = 100;
const sealEnd = sealSize - 4;

/** Where frames must end in a segment of this size. */
export function framesLimit(size: number): number {
  return size - sealSize;
}

/** Both copies of a header as bytes: the first {@link framesBegin} of a segment. */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(framesBegin);
  const view = new DataView(bytes.buffer);
  bytes.set(magic, 0);
  view.setUint32(16, segmentFormat, true);
  view.setUint32(20, header.number, true);
  view.setUint32(24, header.firstSequence, true);
  view.setUint32(28, header.previousCrc, true);
  bytes.set(header.previousHash, 32);
  bytes.set(header.schema, 64);
  view.setUint32(96, header.size, true);
  view.setUint32(headerEnd, crc32(bytes, 0, headerEnd), true);
  bytes.copyWithin(copySize, 0, copySize);
  return bytes;
}

/** The header, from whichever of its copies is whole; nothing where neither is. */
export function readHeader(bytes: Uint8Array): SegmentHeader | undefined {
  for (const copy of wholeCopies(bytes)) {
    const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
    const size = view.getUint32(96, true);
    if (view.getUint32(16, true) !== segmentFormat || !isSegmentSize(size)) continue;
    return {
      number: view.getUint32(20, true),
      firstSequence: view.getUint32(24, true),
      previousCrc: view.getUint32(28, true),
      previousHash: copy.slice(32, 64),
      schema: copy.slice(64, 96),
      size,
    };
  }
  return undefined;
}

/** The format of a segment that a later program wrote; nothing where it is ours, or no segment. */
export function otherFormat(bytes: Uint8Array): number | undefined {
  for (const copy of wholeCopies(bytes)) {
    const format = new DataView(copy.buffer, copy.byteOffset).getUint32(16, true);
    if (format !== segmentFormat) return format;
  }
  return undefined;
}

function* wholeCopies(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of [0, copySize]) {
    if (bytes.length < at + copySize) return;
    const copy = bytes.subarray(at, at + copySize);
    const stored = new DataView(copy.buffer, copy.byteOffset).getUint32(headerEnd, true);
    const whole = stored === crc32(copy, 0, headerEnd);
    if (whole && magic.every((byte, i) => byte === copy[i])) yield copy;
  }
}

/** Whether a segment may have this size. */
export function isSegmentSize(size: number): boolean {
  const { least, most, step } = segmentSizes;
  return size >= least && size <= most && size % step === 0;
}

/** The hash of a segment: over one copy of its header, then over its frames as they come. */
export function segmentHasher(header: SegmentHeader): ReturnType<typeof sha256.create> {
  return sha256.create().update(hashedHeader(header));
}

/** What of a header goes into the hash of its segment: one copy. */
export function hashedHeader(header: SegmentHeader): Uint8Array {
  return encodeHeader(header).subarray(0, copySize);
}

/** A seal as bytes. */
export function encodeSeal(seal: Seal): Uint8Array {
  const bytes = new Uint8Array(sealSize);
  const view = new DataView(bytes.buffer);
  bytes.set(sealMagic, 0);
  view.setUint32(8, seal.frames, true);
  view.setUint32(12, seal.end, true);
  bytes.set(seal.hash, 16);
  view.setUint32(sealEnd, crc32(bytes, 0, sealEnd), true);
  return bytes;
}

/** The seal that a segment of this size ends with, if there is one and its CRC holds. */
export function readSeal(bytes: Uint8Array, size: number): Seal | undefined {
  if (bytes.length < size) return undefined;
  const seal = bytes.subarray(size - sealSize, size);
  const view = new DataView(seal.buffer, seal.byteOffset, seal.byteLength);
  if (!sealMagic.every((byte, i) => byte === seal[i])) return undefined;
  if (view.getUint32(sealEnd, true) !== crc32(seal, 0, sealEnd)) return undefined;
  return {
    frames: view.getUint32(8, true),
    end: view.getUint32(12, true),
    hash: seal.slice(16, 48),
  };
}

function letters(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
