import type { DiskView } from "./disk.ts";
import type { Frame } from "./frame.ts";
import { diskError, JournalError } from "./journal-error.ts";
import { segmentName, segmentNumber } from "./journal-file-name.ts";
import { recover } from "./recovery.ts";
import {
  encodeHeader,
  encodeSeal,
  framesBegin,
  framesLimit,
  headerSize,
  otherFormat,
  readHeader,
  readSeal,
  type Seal,
  type SegmentHeader,
  sealSize,
  segmentHasher,
  segmentSizes,
} from "./segment.ts";
import { firstUsed, usedLength } from "./zeros.ts";

/** What is wrong with a journal, and where. */
export interface Damage {
  /** The segment's file, with its directory. */
  readonly segment: string;
  readonly offset: number;
  readonly words: string;
}

/** A segment file as it was found. */
export interface FoundSegment {
  readonly name: string;
  readonly header: SegmentHeader;
  /** Its bytes as they should be, in full length: repaired, without remains. */
  readonly bytes: Uint8Array;
  readonly frames: readonly Frame[];
  /** Where its last frame ends. */
  readonly end: number;
  /** Whether nothing can be added to it. */
  readonly sealed: boolean;
  /** Flipped bits that were put right in `bytes`; the file still has them. */
  readonly repaired: number;
  /** Bytes of an unacknowledged commit that were left out of `bytes`; the file still has them. */
  readonly cut: number;
  /** Of header and frames: what the next header names. */
  readonly hash: Uint8Array;
}

/**
 * A look at one segment: what it holds, or why it, and all after it, cannot be believed; or that its
 * header was never complete, so that no commit can have been in it.
 */
export type Look =
  | { readonly type: "unused"; readonly name: string; readonly cut: number }
  | { readonly type: "segment"; readonly segment: FoundSegment }
  | { readonly type: "damage"; readonly damage: Damage; readonly segment?: FoundSegment };

/** The numbers of a journal's segments, ascending. @throws JournalError where it is no journal. */
export function segmentNumbers(disk: DiskView): readonly number[] {
  try {
    return disk
      .list()
      .flatMap((name) => segmentNumber(name) ?? [])
      .sort((a, b) => a - b);
  } catch (error) {
    throw diskError(disk.place, "list the journal", error);
  }
}

/**
 * Where a scan begins: at the last restatement that is whole, which is all that an agent needs, or
 * at the oldest one that is still there, which is all that an auditor can see.
 */
export type ScanFrom = "last restatement" | "oldest";

/**
 * Looks at all segments in order, never more than three of them in memory, and changes nothing. Ends
 * with the last segment, or with the first damage: what lies behind a gap has no meaning.
 * @param passing each look is over when the next one is asked for, and its bytes are used again.
 */
export function* scan(
  disk: DiskView,
  from: ScanFrom = "last restatement",
  passing = false,
): Generator<Look, void> {
  const numbers = numbersFrom(disk, from);
  const [first] = numbers;
  // Where nothing begins a journal, segment 1 is what is missing.
  const begun = first !== undefined && isRestated(disk, numbers, first) ? first : 1;
  const lastNumber = numbers.at(-1);
  const lastBytes = lastNumber === undefined ? undefined : load(disk, lastNumber);
  const unused = unusedSegment(lastNumber, lastBytes);
  const buffers = passing ? [0, 1, 2].map(() => new Uint8Array(segmentSizes.most)) : [];
  if (unused !== undefined) numbers.pop();
  const read = (number: number | undefined) =>
    number === undefined
      ? undefined
      : number === lastNumber
        ? lastBytes
        : load(disk, number, passing ? buffers[number % buffers.length] : undefined);
  let before: FoundSegment | undefined;
  let bytes = read(numbers[0]);
  for (const [i, number] of numbers.entries()) {
    const next = read(numbers[i + 1]);
    const look = lookAt(disk.place, number, bytes ?? new Uint8Array(), {
      expected: begun + i,
      before,
      next: next === undefined ? undefined : headerNumbered(next, number + 1),
      last: next === undefined,
    });
    yield look;
    if (look.type !== "segment") return;
    before = look.segment;
    bytes = next;
  }
  if (unused !== undefined) yield unused;
}

/** The numbers of the segments that count, ascending. */
function numbersFrom(disk: DiskView, from: ScanFrom): number[] {
  const all = [...segmentNumbers(disk)];
  const order = from === "oldest" ? all : all.toReversed();
  const first = order.find((number) => number === 1 || isRestated(disk, all, number));
  return first === undefined ? all : all.filter((number) => number >= first);
}

/** The header of a segment, without the rest of it. */
function headerOf(disk: DiskView, number: number): SegmentHeader | undefined {
  try {
    return readHeader(disk.head(segmentName(number), framesBegin));
  } catch (error) {
    throw diskError(disk.place, `read ${segmentName(number)}`, error);
  }
}

/** Whether all commits of a restatement are there: else the segments before it still count. */
function isRestated(disk: DiskView, all: readonly number[], number: number): boolean {
  const header = headerOf(disk, number);
  if (header === undefined || header.restates === 0) return false;
  const needed = header.firstSequence + header.restates;
  for (const later of all.filter((one) => one >= number).toReversed()) {
    const last = headerOf(disk, later);
    if (last === undefined || last.number !== later) continue;
    if (last.firstSequence >= needed) return true;
    const found = load(disk, later);
    const bytes = new Uint8Array(last.size);
    bytes.set(found.subarray(0, last.size));
    return last.firstSequence + recover(bytes, last).frames.length >= needed;
  }
  return false;
}

/** A header that may vouch for the segment before it. */
function headerNumbered(bytes: Uint8Array, number: number): SegmentHeader | undefined {
  const header = readHeader(bytes);
  return header?.number === number ? header : undefined;
}

/** The last segment, if it was cut inside of its header. */
function unusedSegment(
  number: number | undefined,
  bytes: Uint8Array | undefined,
): Look | undefined {
  if (number === undefined || bytes === undefined) return undefined;
  if (readHeader(bytes) !== undefined || otherFormat(bytes) !== undefined) return undefined;
  const cut = usedLength(bytes);
  return cut < headerSize ? { type: "unused", name: segmentName(number), cut } : undefined;
}

/** The bytes of a segment's file. @throws JournalError where it cannot be read. */
export function load(disk: DiskView, number: number, into?: Uint8Array): Uint8Array {
  try {
    return disk.read(segmentName(number), segmentSizes.most, into);
  } catch (error) {
    throw diskError(disk.place, `read ${segmentName(number)}`, error);
  }
}

interface Surroundings {
  readonly expected: number;
  readonly before: FoundSegment | undefined;
  readonly next: SegmentHeader | undefined;
  readonly last: boolean;
}

function lookAt(place: string, number: number, found: Uint8Array, around: Surroundings): Look {
  const path = `${place}/${segmentName(number)}`;
  const damaged = (offset: number, words: string, segment?: FoundSegment): Look => ({
    type: "damage",
    damage: { segment: path, offset, words },
    ...(segment === undefined ? {} : { segment }),
  });
  if (number !== around.expected) {
    return damaged(0, `segment ${around.expected} is missing: the next one is ${number}`);
  }
  const header = readHeader(found);
  if (header === undefined) return damaged(0, unreadableHeader(found));
  const misfit = misfitOf(header, number, around.before);
  if (misfit !== undefined) return damaged(0, misfit);
  const { segment, recovery, wanted } = readSegment(found, header, around);
  const read = header.firstSequence + recovery.frames.length;
  if (wanted !== undefined && read < wanted) {
    const lost = `commits ${read} to ${wanted - 1} were durable and cannot be read`;
    return damaged(recovery.end, lost, segment);
  }
  if (recovery.verdict === "corrupt") {
    return damaged(recovery.end, `commit ${read} was durable and cannot be read`, segment);
  }
  const seal = readSeal(segment.bytes, header.size);
  if (seal !== undefined && !sameBytes(seal.hash, segment.hash)) {
    return damaged(segment.end, "its seal is not over what it holds", segment);
  }
  return { type: "segment", segment };
}

function unreadableHeader(found: Uint8Array): string {
  const format = otherFormat(found);
  if (format !== undefined) {
    return `it is of format ${format}, which this program does not read; use the one that wrote it`;
  }
  return "both copies of its header are damaged";
}

function misfitOf(
  header: SegmentHeader,
  number: number,
  before: FoundSegment | undefined,
): string | undefined {
  if (header.number !== number) return `its header says segment ${header.number}`;
  if (before === undefined) {
    const first = header.firstSequence === 1 || header.restates > 0;
    return first ? undefined : "it is not the first segment of a journal";
  }
  const crc = before.frames.at(-1)?.crc ?? before.header.previousCrc;
  const follows =
    header.firstSequence === before.header.firstSequence + before.frames.length &&
    header.previousCrc === crc &&
    sameBytes(header.previousHash, before.hash);
  return follows ? undefined : "it does not continue the segment before: the chain is broken";
}

/** A segment's content, whoever vouches for its length: the next segment, its own seal, or nobody. */
function readSegment(found: Uint8Array, header: SegmentHeader, { next, last }: Surroundings) {
  const bytes = inFull(found, header.size);
  const seal = readSeal(bytes, header.size);
  const sealedAt = seal === undefined ? undefined : header.firstSequence + seal.frames;
  const wanted = next?.firstSequence ?? sealedAt;
  const recovery = recover(bytes, header, wanted);
  const hash = hashOf(bytes, header, recovery.end);
  const headerFlips = bitsBetween(bytes.subarray(0, framesBegin), encodeHeader(header));
  bytes.set(encodeHeader(header), 0);
  const end = clearEnd(bytes, { frames: recovery.frames.length, end: recovery.end, hash }, last);
  const segment: FoundSegment = {
    name: segmentName(header.number),
    header,
    bytes,
    frames: recovery.frames,
    end: recovery.end,
    sealed: end.sealed,
    repaired: recovery.repaired + headerFlips + end.repaired,
    cut: end.cut,
    hash,
  };
  return { segment, recovery, wanted };
}

/** A segment's own bytes in full length: what was cut off a file reads as zeros. */
function inFull(found: Uint8Array, size: number): Uint8Array {
  if (found.length === size) return found; // read for nobody else
  const bytes = new Uint8Array(size);
  bytes.set(found.subarray(0, size));
  return bytes;
}

/**
 * Clears what follows the frames, in place: flipped bits, and the remains of what was never
 * acknowledged. The remains in a segment that was left after a failed sync stay as they are.
 */
function clearEnd(bytes: Uint8Array, expected: Seal, last: boolean) {
  const remains = bytes.subarray(expected.end, framesLimit(bytes.length));
  const found = bytes.subarray(bytes.length - sealSize);
  const whole = encodeSeal(expected);
  const [fromWhole, fromNone] = [bitsBetween(found, whole), bitsIn(found)];
  const sealed = readSeal(bytes, bytes.length) !== undefined || fromWhole === 1;
  const flipped = sealed ? bitsIn(remains) : 0;
  let cut = !sealed && last ? usedLength(remains) : 0;
  if (sealed || last) remains.fill(0);
  if (!sealed && last && fromNone > 1) cut = bytes.length - expected.end; // a torn seal
  if (fromWhole === 1) found.set(whole);
  else if (!sealed) found.fill(0);
  const sealFlips = fromWhole === 1 || (!sealed && fromNone === 1) ? 1 : 0;
  return { sealed, repaired: flipped + sealFlips, cut };
}

function bitsIn(bytes: Uint8Array): number {
  const used = bytes.subarray(firstUsed(bytes, 0, bytes.length), usedLength(bytes));
  return bitsBetween(used, new Uint8Array(used.length));
}

function bitsBetween(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) {
    for (let rest = (a[i] as number) ^ (b[i] as number); rest !== 0; rest &= rest - 1) bits += 1;
  }
  return bits;
}

function hashOf(bytes: Uint8Array, header: SegmentHeader, end: number): Uint8Array {
  return new Uint8Array(segmentHasher(header).update(bytes.subarray(framesBegin, end)).digest());
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The damage as an error. Nothing was changed: the operator can still save everything. */
export function damagedJournal(damage: Damage): JournalError {
  return new JournalError({
    problem: "damaged",
    segment: damage.segment,
    offset: damage.offset,
    words: `${damage.segment} at byte ${damage.offset}: ${damage.words}. Nothing was changed; restore the segment from a copy, or start with an empty directory from the neighbours' signed copies`,
  });
}
