import { crc32, flippedBit, sureCrc32 } from "./crc32.ts";

/**
 * One commit on disk, little-endian: length (2 bytes), place in its group (2), sequence (4), CRC of
 * the frame before (4), payload padded with zeros to four bytes, CRC-32 of all of it (4). A frame
 * verifies by itself, and a single flipped bit anywhere in it is found and put right.
 */
export interface Frame {
  readonly sequence: number;
  /**
   * 0 for the first frame of those that one sync made durable, then 1, 2, ... A good frame at place
   * p proves that all frames more than p before it had been synced before it was written.
   */
  readonly place: number;
  readonly previousCrc: number;
  /** A view of the bytes that the frame was read from, where it was read. */
  readonly payload: Uint8Array;
  readonly crc: number;
  /** Bytes on disk. */
  readonly size: number;
}

/** The largest payload of one frame, in bytes. */
export const payloadLimit = 8192;

/** Bytes of a frame before its payload. */
export const frameHead = 12;

/** Bytes of a frame after its payload. */
export const frameTail = 4;

/** The smallest frame, in bytes. */
export const smallestFrame = frameSize(1);

/** The largest number of commits a journal holds: one a second for 136 years. */
export const sequenceLimit = 0xffff_ffff;

/** The largest number of frames of one group. */
export const placeLimit = 0xffff;

/** Bytes that a payload of so many takes on disk. */
export function frameSize(payload: number): number {
  return frameHead + ((payload + 3) & ~3) + frameTail;
}

/**
 * A frame as bytes. @throws RangeError for an empty or oversized payload, or a place or sequence
 * beyond its limit: callers refuse those before, with words.
 */
export function encodeFrame(
  sequence: number,
  previousCrc: number,
  payload: Uint8Array,
  place: number,
): Uint8Array {
  const bytes = new Uint8Array(frameSize(payload.length));
  writeFrame(viewOf(bytes), bytes, 0, { sequence, previousCrc, payload, place });
  return bytes;
}

/** What a frame says. */
export type FrameContent = Pick<Frame, "sequence" | "previousCrc" | "payload" | "place">;

/**
 * Writes a frame at `at` into bytes that are zeros there; returns its CRC, which the next frame
 * carries. @throws RangeError as {@link encodeFrame} does
 */
export function writeFrame(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  { sequence, previousCrc, payload, place }: FrameContent,
): number {
  if (payload.length === 0 || payload.length > payloadLimit) {
    throw new RangeError(`a commit of ${payload.length} bytes, allowed 1 to ${payloadLimit}`);
  }
  if (place > placeLimit || sequence > sequenceLimit) {
    throw new RangeError(`commit ${sequence} at place ${place} is beyond what a frame can say`);
  }
  view.setUint16(at, payload.length, true);
  view.setUint16(at + 2, place, true);
  view.setUint32(at + 4, sequence, true);
  view.setUint32(at + 8, previousCrc, true);
  bytes.set(payload, at + frameHead);
  const end = at + frameSize(payload.length) - frameTail;
  const crc = sureCrc32(bytes, at, end);
  view.setUint32(end, crc, true);
  return crc;
}

/** The CRC that a frame, as bytes, ends with: the next frame carries it. */
export function crcOf(frame: Uint8Array): number {
  return viewOf(frame).getUint32(frame.length - frameTail, true);
}

/** The frame that begins at `at` and ends before `limit`, if its CRC holds as it stands. */
export function readFrame(bytes: Uint8Array, at: number, limit: number): Frame | undefined {
  if (at + smallestFrame > limit) return undefined;
  return frameOfLength(bytes, at, limit, viewOf(bytes).getUint16(at, true));
}

function frameOfLength(
  bytes: Uint8Array,
  at: number,
  limit: number,
  length: number,
): Frame | undefined {
  if (length === 0 || length > payloadLimit) return undefined;
  const size = frameSize(length);
  if (at + size > limit) return undefined;
  const view = viewOf(bytes);
  const stored = view.getUint32(at + size - frameTail, true);
  const end = at + size - frameTail;
  if (crc32(bytes, at, end) !== stored && sureCrc32(bytes, at, end) !== stored) return undefined;
  return {
    sequence: view.getUint32(at + 4, true),
    place: view.getUint16(at + 2, true),
    previousCrc: view.getUint32(at + 8, true),
    payload: bytes.subarray(at + frameHead, at + frameHead + length),
    crc: stored,
    size,
  };
}

/**
 * Puts one flipped bit of the frame at `at` right, in place, and returns the frame; nothing, and no
 * change, where more than one bit is wrong. Tries the length first: with it wrong, nothing else
 * can be found.
 */
export function repairFrame(bytes: Uint8Array, at: number, limit: number): Frame | undefined {
  if (at + smallestFrame > limit) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(at, true);
  for (let bit = 0; bit < 16; bit++) {
    view.setUint16(at, length ^ (1 << bit), true);
    const frame = readFrame(bytes, at, limit);
    if (frame !== undefined) return frame;
  }
  view.setUint16(at, length, true);
  if (length === 0 || length > payloadLimit || at + frameSize(length) > limit) return undefined;
  return repairBody(bytes, at, limit, length);
}

function repairBody(
  bytes: Uint8Array,
  at: number,
  limit: number,
  length: number,
): Frame | undefined {
  const view = viewOf(bytes);
  const end = at + frameSize(length) - frameTail;
  const stored = view.getUint32(end, true);
  // A CRC of zeros was never written: this is the front of a torn frame, and whatever bit seems to
  // explain it would make a commit out of half of one.
  if (stored === 0) return undefined;
  const computed = sureCrc32(bytes, at, end);
  const difference = (computed ^ stored) >>> 0;
  if ((difference & (difference - 1)) === 0) {
    view.setUint32(end, computed, true); // one bit of the stored CRC itself
    return readFrame(bytes, at, limit);
  }
  const bit = flippedBit(difference, end - at);
  if (bit < 0) return undefined;
  const place = at + (bit >> 3);
  const mask = 1 << (bit & 7);
  bytes[place] = (bytes[place] as number) ^ mask;
  const right = sureCrc32(bytes, at, end) === stored;
  const frame = right ? frameOfLength(bytes, at, limit, length) : undefined;
  if (frame === undefined) bytes[place] = (bytes[place] as number) ^ mask;
  return frame;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
