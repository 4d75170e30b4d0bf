import { crc32, flippedBit } from "./crc32.ts";

/**
 * One commit on disk: length, sequence, CRC of the frame before (12 bytes, little-endian), payload
 * padded to four bytes, CRC-32 of all of it. A frame verifies by itself, and a single flipped bit
 * anywhere in it is found and put right.
 */
export interface Frame {
  readonly sequence: number;
  readonly previousCrc: number;
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

/** The largest number of commits a journal holds. */
export const sequenceLimit = 0xffff_ffff;

/** Bytes that a payload of so many takes on disk. */
export function frameSize(payload: number): number {
  return frameHead + padded(payload) + frameTail;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** A frame as bytes. @throws RangeError for an empty or oversized payload. */
export function encodeFrame(
  sequence: number,
  previousCrc: number,
  payload: Uint8Array,
): Uint8Array {
  if (payload.length === 0 || payload.length > payloadLimit) {
    throw new RangeError(`a commit of ${payload.length} bytes, allowed 1 to ${payloadLimit}`);
  }
  const bytes = new Uint8Array(frameSize(payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, sequence, true);
  view.setUint32(8, previousCrc, true);
  bytes.set(payload, frameHead);
  const end = bytes.length - frameTail;
  view.setUint32(end, crc32(bytes, 0, end), true);
  return bytes;
}

/** The frame that begins at `at`, if its CRC holds as it stands. */
export function readFrame(bytes: Uint8Array, at: number): Frame | undefined {
  const view = viewOf(bytes);
  if (at + frameHead + frameTail > bytes.length) return undefined;
  const length = view.getUint32(at, true);
  return length === 0 || length > payloadLimit ? undefined : frameOfLength(bytes, at, length);
}

function frameOfLength(bytes: Uint8Array, at: number, length: number): Frame | undefined {
  const size = frameSize(length);
  if (at + size > bytes.length) return undefined;
  const view = viewOf(bytes);
  const stored = view.getUint32(at + size - frameTail, true);
  if (crc32(bytes, at, at + size - frameTail) !== stored) return undefined;
  return {
    sequence: view.getUint32(at + 4, true),
    previousCrc: view.getUint32(at + 8, true),
    payload: bytes.slice(at + frameHead, at + frameHead + length),
    crc: stored,
    size,
  };
}

/**
 * Puts one flipped bit of the frame at `at` right, in place, and returns the frame; nothing, and no
 * change, where more than one bit is wrong. Tries the length first: with it wrong, nothing else
 * can be found.
 */
export function repairFrame(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + frameHead + frameTail > bytes.length) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint32(at, true);
  for (let bit = 0; bit < 32; bit++) {
    const other = (length ^ (1 << bit)) >>> 0;
    if (other === 0 || other > payloadLimit) continue;
    view.setUint32(at, other, true);
    const frame = frameOfLength(bytes, at, other);
    if (frame !== undefined) return frame;
    view.setUint32(at, length, true);
  }
  if (length === 0 || length > payloadLimit || at + frameSize(length) > bytes.length) {
    return undefined;
  }
  return repairBody(bytes, at, length);
}

function repairBody(bytes: Uint8Array, at: number, length: number): Frame | undefined {
  const view = viewOf(bytes);
  const end = at + frameSize(length) - frameTail;
  const computed = crc32(bytes, at, end);
  const difference = (computed ^ view.getUint32(end, true)) >>> 0;
  if ((difference & (difference - 1)) === 0) {
    view.setUint32(end, computed, true); // one bit of the stored CRC itself
    return frameOfLength(bytes, at, length);
  }
  const bit = flippedBit(difference, end - at);
  if (bit < 0) return undefined;
  const place = at + (bit >> 3);
  const mask = 1 << (bit & 7);
  bytes[place] = (bytes[place] ?? 0) ^ mask;
  const frame = readFrame(bytes, at);
  if (frame === undefined) bytes[place] = (bytes[place] ?? 0) ^ mask;
  return frame;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
