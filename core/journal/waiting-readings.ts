import { Malformed } from "#core/identity/canonical-reader.ts";
import type { Position } from "#core/units/position.ts";
import { type PriceClass, priceClassLimit } from "#core/units/price-class.ts";
import { commitEventLimit } from "./commit.ts";
import { neighbourLimit } from "./ledger.ts";
import {
  fromLittleEndian,
  largestReading,
  type ReadingEvent,
  readingHead,
  readingKinds,
  unzigzag,
} from "./reading-block.ts";

/**
 * The latest reading of every account that the ledger does not have yet, by slot: a neighbour, a
 * class and a side. Numbers of 64 bits stand as two limbs of 32: walking a block makes no bigint.
 */
export interface WaitingReadings {
  /** Whether a neighbour has any. */
  readonly neighbours: Uint8Array;
  /** What waits in a slot: nothing, a reading, or a reading and a reservation. */
  readonly kinds: Uint8Array;
  /** Four limbs a slot: the position, low and high, and its zigzag difference to raw. */
  readonly limbs: Int32Array;
  readonly reserved: BigUint64Array;
  /** Room for the last readings of a block. */
  readonly margin: Uint8Array;
}

/** Classes of a neighbour, with the free one: 2^3, so that a slot is found by shifting. */
const classes = priceClassLimit + 1;

const slots = neighbourLimit * classes * 2;

const [none, read, reservedToo] = [0, 1, 2] as const;

/** Nothing waits. */
export function waitingReadings(): WaitingReadings {
  return {
    neighbours: new Uint8Array(neighbourLimit),
    kinds: new Uint8Array(slots),
    limbs: new Int32Array(slots * 4),
    reserved: new BigUint64Array(slots),
    margin: new Uint8Array(3 * largestReading),
  };
}

/** The waiting readings of a neighbour, at most one an account, which wait no more. */
export function takeWaiting(waiting: WaitingReadings, neighbour: number): readonly ReadingEvent[] {
  if (waiting.neighbours[neighbour] !== 1) return [];
  waiting.neighbours[neighbour] = 0;
  const found: ReadingEvent[] = [];
  const first = neighbour * classes * 2;
  for (let slot = first; slot < first + classes * 2; slot++) {
    if (waiting.kinds[slot] === none) continue;
    found.push(readingIn(waiting, slot, neighbour, ((slot - first) >> 1) as PriceClass));
    waiting.kinds[slot] = none;
  }
  return found;
}

function readingIn(
  waiting: WaitingReadings,
  slot: number,
  neighbour: number,
  paidClass: PriceClass,
): ReadingEvent {
  const at = joined(waiting.limbs, slot * 4) as Position;
  const raw = BigInt.asUintN(64, at - unzigzag(joined(waiting.limbs, slot * 4 + 2)));
  const key = { neighbour, class: paidClass };
  if ((slot & 1) === 1) return { type: "BytesRead", ...key, read: at, raw };
  if (waiting.kinds[slot] === read) return { type: "SentRead", ...key, sent: at, raw };
  const reserved = waiting.reserved[slot] as Position;
  return { type: "BytesReserved", ...key, reserved, sent: at, raw };
}

/**
 * Takes the block that begins at `from` and ends with the commit; returns how many readings it has.
 * Where a position is lower than the one that waits, `settle` is called first: which of the two
 * counts is for the ledger to say. @throws Malformed on what is no block
 */
export function takeBlock(
  waiting: WaitingReadings,
  commit: Uint8Array,
  from: number,
  settle: (neighbour: number) => void,
): number {
  const calm = commit.length - largestReading;
  const most = walk(waiting, commit, from, calm, settle);
  // The last readings go where there is room behind them, so that no look goes beyond the end.
  const { margin } = waiting;
  const rest = commit.length - most.at;
  if (rest > 2 * largestReading) throw misread(most.at);
  for (let i = 0; i < rest; i++) margin[i] = commit[most.at + i] as number;
  const last = walk(waiting, margin, 0, rest, settle);
  if (last.at !== rest) throw new Malformed("a block of readings that ends too early");
  const count = most.count + last.count;
  if (count < 2 || count > commitEventLimit) throw new Malformed(`a block of ${count} readings`);
  return count;
}

/**
 * Readings as long as they begin before `end`, with room for the largest one behind it. One loop, all
 * in whole numbers of 32 bits and without calls: years of readings pass through it.
 */
function walk(
  waiting: WaitingReadings,
  commit: Uint8Array,
  from: number,
  end: number,
  settle: (neighbour: number) => void,
) {
  const view = new DataView(commit.buffer, commit.byteOffset, commit.byteLength);
  const { kinds, limbs } = waiting;
  let count = 0;
  let at = from;
  for (; at < end; count++) {
    const head = view.getUint32(at, true);
    const neighbour = head & 0xff;
    const kindAndClass = (head >>> 8) & 0xff;
    const first = (head >>> 20) & 15;
    const second = (head >>> 16) & 15;
    const middle = at + readingHead + first;
    const after = middle + second;
    const known = neighbour < neighbourLimit && (kindAndClass & 7) !== 0 && kindAndClass < 24;
    if (!known || first > 8 || second > 8) throw misread(at);
    if (first > 0 && commit[middle - 1] === 0) throw misread(at);
    if (second > 0 && commit[after - 1] === 0) throw misread(at);
    let low = view.getInt32(at + readingHead, true);
    let high = 0;
    if (first > 4) high = view.getInt32(at + readingHead + 4, true) & (masks[first - 4] as number);
    else low &= masks[first] as number;
    let rawLow = view.getInt32(middle, true);
    let rawHigh = 0;
    if (second > 4) rawHigh = view.getInt32(middle + 4, true) & (masks[second - 4] as number);
    else rawLow &= masks[second] as number;
    const slot = (neighbour << 4) | ((kindAndClass & 7) << 1) | ((kindAndClass >> 3) & 1);
    const place = slot << 2;
    if (kinds[slot] !== none && isBelow(high, low, limbs, place)) settle(neighbour);
    limbs[place] = low;
    limbs[place + 1] = high;
    limbs[place + 2] = rawLow;
    limbs[place + 3] = rawHigh;
    waiting.neighbours[neighbour] = 1;
    at = after;
    if (kindAndClass >> 3 === readingKinds.BytesReserved) {
      at = takeReserved(waiting, commit, after, slot);
    } else if (kinds[slot] === none) kinds[slot] = read;
  }
  return { at, count };
}

/** Whether a number of two limbs is below the one that stands at a place, all as unsigned. */
function isBelow(high: number, low: number, limbs: Int32Array, place: number): boolean {
  const before = limbs[place + 1] as number;
  if (high !== before) return high >>> 0 < before >>> 0;
  return low >>> 0 < (limbs[place] as number) >>> 0;
}

/** r, by its difference to x; returns where it ends. */
function takeReserved(
  waiting: WaitingReadings,
  bytes: Uint8Array,
  at: number,
  slot: number,
): number {
  const end = at + 1 + (bytes[at] as number);
  const further = unzigzag(fromLittleEndian(bytes, at + 1, end));
  waiting.reserved[slot] = joined(waiting.limbs, slot * 4) + further; // modulo 2^64
  waiting.kinds[slot] = reservedToo;
  return end;
}

/** What the lowest so many bytes of 32 bits are. */
const masks = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1);

/** Two limbs, the low one first. */
function joined(limbs: Int32Array, at: number): bigint {
  const [low, high] = [(limbs[at] as number) >>> 0, (limbs[at + 1] as number) >>> 0];
  return (BigInt(high) << 32n) | BigInt(low);
}

function misread(at: number): Malformed {
  return new Malformed(`no reading begins at byte ${at} of a commit`);
}
