import type { Disk, DiskFile } from "./disk.ts";
import { isIntact, mirrorOf } from "./end-mirror.ts";
import { frameSize, placeLimit, sequenceLimit, writeFrame } from "./frame.ts";
import { diskError, JournalError } from "./journal-error.ts";
import { segmentName } from "./journal-file-name.ts";
import { recover } from "./recovery.ts";
import {
  encodeSeal,
  framesBegin,
  framesLimit,
  hashSoFar,
  type SegmentHeader,
  segmentHasher,
  segmentSizes,
} from "./segment.ts";
import { fullJournal, type SegmentSupply, segmentSupply } from "./segment-supply.ts";

/** The limits of a journal. */
export interface WriterLimits {
  /** Bytes of all segments on disk, the spare one among them, at most. */
  readonly limit: bigint;
  /** Bytes of a new segment. */
  readonly segmentSize: number;
  /** 32 bytes for the headers of new segments: what payloads look like. */
  readonly schema: Uint8Array;
  /** Is told of every new segment. */
  readonly rolled: (header: SegmentHeader) => void;
}

/** Where a journal ends: the segment being written, and the chain so far. */
export interface JournalEnd {
  readonly header: SegmentHeader;
  /** Where the next frame goes. */
  readonly end: number;
  readonly sealed: boolean;
  readonly lastSequence: number;
  readonly lastCrc: number;
  /** Over the present segment, up to here. */
  readonly hasher: ReturnType<typeof segmentHasher>;
}

/** What a writer did since it was opened. */
export interface WriterCounts {
  syncs: number;
  /** Segments left behind because their disk refused a write or a sync. */
  abandoned: number;
}

/** A writer of segments. Whatever fails, the journal stays readable, and no commit is doubled. */
export interface SegmentWriter {
  /** All payloads, durable when it returns. @throws JournalError, and then none was acknowledged. */
  readonly append: (payloads: readonly Uint8Array[]) => Promise<void>;
  /**
   * Begins a segment from which the journal can be read by itself, with payloads that state
   * everything before it; durable when it returns. @throws JournalError, and nothing is lost
   */
  readonly restate: (payloads: readonly Uint8Array[]) => Promise<void>;
  /** Segments below this number were removed. */
  readonly released: (bytes: bigint) => void;
  /** Makes the first segment of an empty journal. @throws JournalError */
  readonly begin: () => Promise<void>;
  /**
   * Makes the segments that will be needed next, if the limit and the disk allow; commits can be
   * written meanwhile.
   */
  readonly prepare: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly end: () => JournalEnd;
  /** Bytes of all segments on disk. */
  readonly used: () => bigint;
  readonly counts: Readonly<WriterCounts>;
  /** Why nothing is written any more. */
  readonly refusal: () => JournalError | undefined;
  /** Writes nothing from now on, for this reason. */
  readonly refuse: (error: JournalError) => void;
}

/** Where a journal without any segment ends. */
export function emptyEnd(): JournalEnd {
  const header: SegmentHeader = {
    number: 0,
    firstSequence: 1,
    previousCrc: 0,
    previousHash: new Uint8Array(32),
    schema: new Uint8Array(32),
    size: 0,
    restates: 0,
  };
  const hasher = segmentHasher(header);
  return { header, end: 0, sealed: true, lastSequence: 0, lastCrc: 0, hasher };
}

/**
 * Continues a journal where it ends. One call at a time.
 *
 * What a disk refused is never tried again on the same descriptor, because the kernel may have
 * dropped the pages and would then report success: the segment is left behind, what was not
 * acknowledged goes to a new one, and if that fails too, the writer refuses everything from then on.
 */
export function segmentWriter(
  disk: Disk,
  beginning: JournalEnd,
  usedBefore: bigint,
  limits: WriterLimits,
): SegmentWriter {
  const counts: WriterCounts = { syncs: 0, abandoned: 0 };
  const supply = segmentSupply(disk, usedBefore, limits);
  const pen = penAt(disk, beginning, supply, limits, counts);
  let refusal: JournalError | undefined;

  /** Goes on after a write that failed, on a new segment; a second failure is the end. */
  const writeAll = async (payloads: readonly Uint8Array[]): Promise<void> => {
    const done = { count: 0 };
    try {
      await pen.write(payloads, done);
    } catch (error) {
      if (error instanceof FlippedMemory) {
        refusal = flippedMemory(disk.place, error);
        throw refusal;
      }
      counts.abandoned += 1;
      try {
        await pen.roll(false);
        await pen.write(payloads, done);
      } catch (error) {
        refusal = lastWord(disk.place, error);
        throw refusal;
      }
    }
  };

  const append = async (payloads: readonly Uint8Array[]): Promise<void> => {
    if (refusal !== undefined) throw refusal;
    const state = pen.state();
    if (state.lastSequence + payloads.length > sequenceLimit)
      throw fullJournal(disk.place, limits.limit);
    const needed = segmentsFor(payloads, state, limits.segmentSize);
    await supply.reserve(state.header.number, needed, needed > 0 ? reserveOf(limits) : 0);
    await writeAll(payloads);
  };

  const restate = async (payloads: readonly Uint8Array[]): Promise<void> => {
    if (refusal !== undefined) throw refusal;
    const state = pen.state();
    const needed = segmentsFor(payloads, { ...state, sealed: true }, limits.segmentSize);
    await supply.reserve(state.header.number, needed);
    await pen.roll(!state.sealed, payloads.length);
    await writeAll(payloads);
  };

  return {
    append,
    restate,
    released: supply.released,
    begin: async () => {
      if (pen.state().header.number === 0) await pen.roll(false);
    },
    prepare: async () => {
      if (refusal !== undefined) return;
      const { number } = pen.state().header;
      await supply.reserve(number, 1, reserveOf(limits)).catch(() => undefined); // told when needed
    },
    close: async () => {
      await supply.settled();
      await pen.close();
    },
    end: pen.state,
    used: supply.used,
    counts,
    refusal: () => refusal,
    refuse: (error) => {
      refusal = error;
    },
  };
}

/** What writes frames into the present segment, and goes on in the next one. */
interface Pen {
  /** Goes on in the next segment. */
  readonly roll: (seal: boolean, restates?: number) => Promise<void>;
  /** Writes and syncs payloads from `done` on; says how far it came before it fails. */
  readonly write: (payloads: readonly Uint8Array[], done: { count: number }) => Promise<void>;
  readonly state: () => JournalEnd;
  readonly close: () => Promise<void>;
}

function penAt(
  disk: Disk,
  beginning: JournalEnd,
  supply: SegmentSupply,
  limits: WriterLimits,
  counts: WriterCounts,
): Pen {
  let state = beginning;
  let mirror = mirrorOf(beginning);
  let file: DiskFile | undefined;

  const become = (next: JournalEnd): void => {
    state = next;
    mirror = mirrorOf(next);
  };

  /** @throws FlippedMemory, and nothing was written that a reader would stumble over */
  const check = (): void => {
    if (!isIntact(state, mirror)) throw new FlippedMemory("where the journal ends");
  };

  const roll: Pen["roll"] = async (seal, restates = 0): Promise<void> => {
    check();
    await supply.reserve(state.header.number, 1);
    const hash = hashOnDisk(disk, state) ?? hashSoFar(state.hasher);
    if (seal && file !== undefined) {
      await sealSegment(file, state, hash, counts);
      become({ ...state, sealed: true });
    }
    check();
    const header = { ...headerAfter(state, hash, limits), restates };
    const next = await supply.begin(header);
    counts.syncs += 1;
    await file?.close().catch(() => undefined);
    file = next;
    become({ ...state, header, end: framesBegin, sealed: false, hasher: segmentHasher(header) });
    limits.rolled(header);
  };

  const write: Pen["write"] = async (payloads, done) => {
    while (done.count < payloads.length) {
      check();
      const part = groupOf(payloads, done.count, state);
      if (part === undefined) {
        await roll(!state.sealed);
        continue;
      }
      file ??= await disk.open(segmentName(state.header.number));
      await file.write(part.bytes, state.end);
      await file.sync();
      counts.syncs += 1;
      state.hasher.update(part.bytes);
      check();
      become({ ...state, ...part.reached });
      done.count += part.count;
    }
  };

  return { roll, write, state: () => state, close: async () => file?.close() };
}

/** So small a journal that its reserve would be most of it keeps none. */
function reserveOf({ limit, segmentSize }: WriterLimits): number {
  return limit >= 4n * BigInt(segmentSize) ? 1 : 0;
}

function headerAfter(
  state: JournalEnd,
  hash: Uint8Array,
  { schema, segmentSize }: WriterLimits,
): SegmentHeader {
  const first = state.header.number === 0;
  return {
    number: state.header.number + 1,
    firstSequence: state.lastSequence + 1,
    previousCrc: state.lastCrc,
    previousHash: first ? new Uint8Array(32) : hash,
    schema,
    size: segmentSize,
    restates: 0,
  };
}

/** What was to be written is not what was meant: a bit flipped in this process's memory. */
class FlippedMemory extends Error {
  override readonly name = "FlippedMemory";
  constructor(where: string) {
    super(`a bit flipped in memory, in ${where}`);
  }
}

/**
 * The hash of the present segment as it lies on the disk: what was hashed as it went through memory
 * may have flipped meanwhile, and a chain with a wrong link is no chain. Nothing where it cannot be
 * read, or does not hold every frame: then the hash in memory is the better word.
 */
function hashOnDisk(disk: Disk, { header, end, lastSequence, lastCrc }: JournalEnd) {
  if (header.number === 0) return undefined;
  try {
    const found = disk.read(segmentName(header.number), segmentSizes.most);
    const bytes = new Uint8Array(header.size);
    bytes.set(found.subarray(0, header.size));
    const { frames, end: read } = recover(bytes, header, lastSequence + 1);
    const crc = frames.at(-1)?.crc ?? header.previousCrc;
    if (read !== end || crc !== lastCrc) return undefined;
    return new Uint8Array(segmentHasher(header).update(bytes.subarray(framesBegin, end)).digest());
  } catch {
    return undefined;
  }
}

/**
 * No frame will follow. The seal is not waited for: until it is durable, or where it never is, the
 * next header vouches for this segment.
 */
async function sealSegment(
  file: DiskFile,
  { header, end, lastSequence }: JournalEnd,
  hash: Uint8Array,
  counts: WriterCounts,
): Promise<void> {
  const frames = lastSequence + 1 - header.firstSequence;
  try {
    await file.write(encodeSeal({ frames, end, hash }), framesLimit(header.size));
  } catch {
    counts.abandoned += 1;
  }
}

/** The payloads from `from` on that the present segment has room for, as one write. */
function groupOf(payloads: readonly Uint8Array[], from: number, state: JournalEnd) {
  const room = state.sealed ? 0 : framesLimit(state.header.size) - state.end;
  let size = 0;
  let count = 0;
  while (from + count < payloads.length && count <= placeLimit) {
    const next = frameSize((payloads[from + count] as Uint8Array).length);
    if (size + next > room) break;
    size += next;
    count += 1;
  }
  if (count === 0) return undefined;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let { lastSequence, lastCrc } = state;
  let at = 0;
  for (let place = 0; place < count; place++) {
    const payload = payloads[from + place] as Uint8Array;
    lastSequence += 1;
    const content = { sequence: lastSequence, previousCrc: lastCrc, payload, place };
    lastCrc = writeFrame(view, bytes, at, content);
    at += frameSize(payload.length);
  }
  return { bytes, count, reached: { end: state.end + size, lastSequence, lastCrc } };
}

/** How many new segments these payloads need, so that all of them can be had before the first byte. */
function segmentsFor(
  payloads: readonly Uint8Array[],
  state: JournalEnd,
  segmentSize: number,
): number {
  let room = state.sealed ? 0 : framesLimit(state.header.size) - state.end;
  let count = 0;
  for (const payload of payloads) {
    const size = frameSize(payload.length);
    if (size > room) {
      count += 1;
      room = framesLimit(segmentSize) - framesBegin;
    }
    room -= size;
  }
  return count;
}

/** The disk is right and this process is not: a new one reads the journal and goes on. */
function flippedMemory(place: string, { message }: FlippedMemory): JournalError {
  return new JournalError({
    problem: "flipped",
    words: `${message}: nothing of this was written to the journal in ${place}, and it takes no more commits until it is opened again; what was acknowledged is safe`,
  });
}

/** After the second failure. A restart reads everything that was acknowledged, and tries anew. */
function lastWord(place: string, error: unknown): JournalError {
  const { problem, words } = diskError(place, "write the journal", error);
  return new JournalError({
    problem: problem === "full" || problem === "read-only" ? problem : "sync failed",
    words: `${words}. The journal takes no more commits until the agent is started again; what was acknowledged is safe, what was not is not relied on`,
  });
}
