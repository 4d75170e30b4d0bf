import { Malformed } from "#core/identity/canonical-reader.ts";
import { type Position, position } from "#core/units/position.ts";
import { priceClass, priceClassLimit } from "#core/units/price-class.ts";
import type { LedgerEvent, PayeeEvent, PayerEvent } from "./event.ts";
import { neighbourLimit } from "./ledger.ts";

/** The events that a journal is mostly made of: where a counter stands. */
export type ReadingEvent =
  | Extract<PayerEvent, { readonly type: "SentRead" | "BytesReserved" }>
  | Extract<PayeeEvent, { readonly type: "BytesRead" }>;

/** The number of each kind of reading in a block. Never reused, never renumbered. */
export const readingKinds = { SentRead: 0, BytesRead: 1, BytesReserved: 2 } as const;

/** Bytes of a reading before its numbers: the neighbour, kind and class, two lengths. */
export const readingHead = 3;

/** The most bytes of a number in a block. */
export const readingNumber = 8;

/** The most bytes that one reading takes, and those that are touched with it. */
export const largestReading = readingHead + 3 * (1 + readingNumber);

/** Whether an event is a reading. */
export function isReading(event: LedgerEvent): event is ReadingEvent {
  return event.type === "BytesRead" || event.type === "SentRead" || event.type === "BytesReserved";
}

/**
 * Readings as a block, each by itself: neighbour; kind and class; the lengths of two numbers; then
 * the position and the zigzag difference between position and raw (modulo 2^64, mostly the same
 * few bytes), little-endian without leading zeros. A reservation ends with a length and the
 * difference between r and x. Absolute, so that a wrong reading is undone by the next (T18).
 */
export function encodeReadings(readings: readonly ReadingEvent[]): Uint8Array {
  const out = new Uint8Array(readings.length * largestReading);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const event of readings) {
    const found = event.type === "BytesRead" ? event.read : event.sent;
    out[at] = event.neighbour;
    out[at + 1] = (readingKinds[event.type] << 3) | event.class;
    const first = writeNumber(view, at + readingHead, found);
    const second = writeNumber(view, at + readingHead + first, zigzag(found - event.raw));
    out[at + 2] = (first << 4) | second;
    at += readingHead + first + second;
    if (event.type === "BytesReserved") {
      out[at] = writeNumber(view, at + 1, zigzag(event.reserved - found));
      at += 1 + (out[at] as number);
    }
  }
  return out.slice(0, at);
}

/** The readings of a block. @throws Malformed on anything that {@link encodeReadings} never writes */
export function decodeReadings(bytes: Uint8Array): readonly ReadingEvent[] {
  const readings: ReadingEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [event, size] = readReading(bytes, at);
    readings.push(event);
    at += size;
  }
  return readings;
}

/** The reading that begins at `at`, and how many bytes it takes. */
function readReading(bytes: Uint8Array, at: number): readonly [ReadingEvent, number] {
  const [neighbour, kindAndClass, lengths] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (neighbour === undefined || kindAndClass === undefined || lengths === undefined) {
    throw new Malformed(`a block of readings that ends after ${bytes.length} bytes`);
  }
  const named = kindAndClass & 7;
  if (neighbour >= neighbourLimit || named < 1 || named > priceClassLimit) {
    throw new Malformed(`a reading of neighbour ${neighbour}, class ${named}`);
  }
  const key = { neighbour, class: priceClass(named) };
  const first = at + readingHead;
  const second = first + (lengths >> 4);
  const third = second + (lengths & 15);
  const found = position(fromLittleEndian(bytes, first, second));
  const raw = BigInt.asUintN(64, found - unzigzag(fromLittleEndian(bytes, second, third)));
  switch (kindAndClass >> 3) {
    case readingKinds.SentRead:
      return [{ type: "SentRead", ...key, sent: found, raw }, third - at];
    case readingKinds.BytesRead:
      return [{ type: "BytesRead", ...key, read: found, raw }, third - at];
    case readingKinds.BytesReserved: {
      const end = third + 1 + (bytes[third] ?? 0);
      const further = unzigzag(fromLittleEndian(bytes, third + 1, end));
      const reserved = BigInt.asUintN(64, found + further) as Position;
      return [{ type: "BytesReserved", ...key, reserved, sent: found, raw }, end - at];
    }
    default:
      throw new Malformed(`no reading is of kind ${kindAndClass >> 3}`);
  }
}

/** A difference of two numbers of 64 bits as one of 64 bits; small ones, of either sign, stay small. */
function zigzag(difference: bigint): bigint {
  const signed = BigInt.asIntN(64, difference);
  return BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n));
}

/** The difference that {@link zigzag} was given, modulo 2^64. */
export function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

/** A number, little-endian; returns in how many bytes. Those up to the eighth become zeros. */
function writeNumber(view: DataView, at: number, value: bigint): number {
  view.setBigUint64(at, value, true);
  let size = readingNumber;
  while (size > 0 && view.getUint8(at + size - 1) === 0) size -= 1;
  return size;
}

/** A number of at most {@link readingNumber} bytes. @throws Malformed on more, or a leading zero */
export function fromLittleEndian(bytes: Uint8Array, from: number, to: number): bigint {
  if (to - from > readingNumber || to > bytes.length) {
    throw new Malformed(`a number of ${to - from} bytes at ${from} of ${bytes.length}`);
  }
  if (to > from && bytes[to - 1] === 0) throw new Malformed("a number with a leading zero");
  const middle = to - from > 4 ? from + 4 : to;
  const low = BigInt(limb(bytes, from, middle));
  return to > middle ? (BigInt(limb(bytes, middle, to)) << 32n) | low : low;
}

/** At most four bytes as a number: exact. */
function limb(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = to - 1; at >= from; at--) value = (value << 8) | (bytes[at] as number);
  return value >>> 0;
}
