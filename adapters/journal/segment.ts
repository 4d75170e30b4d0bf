import { createHash, type Hash } from "node:crypto";
import { sureCrc32 } from "./crc32.ts";

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
  /**
   * 0, or so many commits from here on state everything that went before: once they are all
   * durable, a journal begins here, and the segments before are history.
   */
  readonly restates: number;
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
export const headerSize = copySize + 108;

/** Bytes of the seal, at the very end. */
export const sealSize = 64;

/** The smallest and the largest segment, and the step between sizes, in bytes. */
export const segmentSizes = { least: 64 * 1024, most: 256 * 1024, step: 4096 } as const;

/**
 * The formats of segments. 2 differs from 1 by the count of restating commits in its header, and is
 * written only where that is not 0: older journals and most segments are of format 1.
 */
export const segmentFormats = { plain: 1, restating: 2 } as const;

const magic = letters("meshtoll journal");
const sealMagic = letters("sealed..");
/** Where the CRC of a header stands. */
const headerEnds = { plain: 100, restating: 104 } as const;
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
  const kind = header.restates === 0 ? "plain" : "restating";
  view.setUint32(16, segmentFormats[kind], true);
  view.setUint32(20, header.number, true);
  view.setUint32(24, header.firstSequence, true);
  view.setUint32(28, header.previousCrc, true);
  bytes.set(header.previousHash, 32);
  bytes.set(header.schema, 64);
  view.setUint32(96, header.size, true);
  if (kind === "restating") view.setUint32(100, header.restates, true);
  const end = headerEnds[kind];
  view.setUint32(end, sureCrc32(bytes, 0, end), true);
  bytes.copyWithin(copySize, 0, copySize);
  return bytes;
}

/** The header, from whichever of its copies is whole; nothing where neither is. */
export function readHeader(bytes: Uint8Array): SegmentHeader | undefined {
  for (const copy of wholeCopies(bytes)) {
    const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength);
    const size = view.getUint32(96, true);
    const format = view.getUint32(16, true);
    const restates = format === segmentFormats.restating ? view.getUint32(100, true) : 0;
    if (isUnknown(format) || !isSegmentSize(size)) continue;
    return {
      restates,
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
    if (isUnknown(format)) return format;
  }
  return undefined;
}

function* wholeCopies(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of [0, copySize]) {
    if (bytes.length < at + copySize) return;
    const copy = bytes.subarray(at, at + copySize);
    const view = new DataView(copy.buffer, copy.byteOffset);
    const end = view.getUint32(16, true) === segmentFormats.plain ? 100 : 104;
    const whole = view.getUint32(end, true) === sureCrc32(copy, 0, end);
    if (whole && magic.every((byte, i) => byte === copy[i])) yield copy;
  }
}

function isUnknown(format: number): boolean {
  return format !== segmentFormats.plain && format !== segmentFormats.restating;
}

/** Whether a segment may have this size. */
export function isSegmentSize(size: number): boolean {
  const { least, most, step } = segmentSizes;
  return size >= least && size <= most && size % step === 0;
}

/** The hash of a segment: over one copy of its header, then over its frames as they come. */
export function segmentHasher(header: SegmentHeader): Hash {
  return createHash("sha256").update(hashedHeader(header));
}

/** The hash so far, without ending it. */
export function hashSoFar(hasher: Hash): Uint8Array {
  return new Uint8Array(hasher.copy().digest());
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
  view.setUint32(sealEnd, sureCrc32(bytes, 0, sealEnd), true);
  return bytes;
}

/** The seal that a segment of this size ends with, if there is one and its CRC holds. */
export function readSeal(bytes: Uint8Array, size: number): Seal | undefined {
  if (bytes.length < size) return undefined;
  const seal = bytes.subarray(size - sealSize, size);
  const view = new DataView(seal.buffer, seal.byteOffset, seal.byteLength);
  if (!sealMagic.every((byte, i) => byte === seal[i])) return undefined;
  if (view.getUint32(sealEnd, true) !== sureCrc32(seal, 0, sealEnd)) return undefined;
  return {
    frames: view.getUint32(8, true),
    end: view.getUint32(12, true),
    hash: seal.slice(16, 48),
  };
}

function letters(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
