import { sha256 } from "@noble/hashes/sha2.js";

/** A state folded from a journal, so that a start need not fold everything. Only ever a cache. */
export interface Slot {
  /** The last commit that is in it. */
  readonly sequence: number;
  /** The CRC of that commit's frame: the snapshot is of this chain, and of no other. */
  readonly frameCrc: number;
  readonly payload: Uint8Array;
}

/** The largest snapshot, in bytes. */
export const snapshotLimit = 1024 * 1024;

/** Bytes of a slot before its payload. */
export const slotHead = 72;

/** The format of slots. */
export const slotFormat = 1;

const magic = Uint8Array.from("meshtoll snapshot\0\0\0\0\0\0\0", (letter) => letter.charCodeAt(0));
const hashAt = 40;

/** A slot as bytes: magic, format, sequence, CRC of the frame, length, SHA-256 of it all, payload. */
export function encodeSlot(slot: Slot): Uint8Array {
  const bytes = new Uint8Array(slotHead + slot.payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(magic, 0);
  view.setUint32(24, slotFormat, true);
  view.setUint32(28, slot.sequence, true);
  view.setUint32(32, slot.frameCrc, true);
  view.setUint32(36, slot.payload.length, true);
  bytes.set(slot.payload, slotHead);
  bytes.set(hashOf(bytes), hashAt);
  return bytes;
}

/** What a slot holds; nothing where a single bit of it is wrong. */
export function readSlot(bytes: Uint8Array): Slot | undefined {
  if (bytes.length < slotHead || !magic.every((byte, i) => byte === bytes[i])) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(24, true) !== slotFormat) return undefined;
  if (view.getUint32(36, true) !== bytes.length - slotHead) return undefined;
  if (!hashOf(bytes).every((byte, i) => byte === bytes[hashAt + i])) return undefined;
  return {
    sequence: view.getUint32(28, true),
    frameCrc: view.getUint32(32, true),
    payload: bytes.slice(slotHead),
  };
}

function hashOf(bytes: Uint8Array): Uint8Array {
  return sha256
    .create()
    .update(bytes.subarray(0, hashAt))
    .update(bytes.subarray(slotHead))
    .digest();
}
