import { type CommitQueue, commitQueue } from "./commit-queue.ts";
import { type CommitPage, commitReader, type SegmentPlace } from "./commit-reader.ts";
import type { Disk } from "./disk.ts";
import { payloadLimit } from "./frame.ts";
import { healSegment, refreshSegment } from "./healing.ts";
import type { JournalStat, Snapshot } from "./journal.ts";
import { diskError, JournalError } from "./journal-error.ts";
import { isUnfinished, segmentName } from "./journal-file-name.ts";
import { type JournalReport, verifyDisk } from "./journal-report.ts";
import { framesBegin, isSegmentSize, segmentHasher, segmentSizes } from "./segment.ts";
import { damagedJournal, type FoundSegment, scan, segmentNumbers } from "./segment-scan.ts";
import { emptyEnd, type JournalEnd, type SegmentWriter, segmentWriter } from "./segment-writer.ts";
import { keepSnapshot, latestSnapshot } from "./snapshot-slots.ts";

/** How large a journal may become, and in which steps. */
export interface JournalOptions {
  /** Bytes of all segments, at most; at least one segment. Default {@link journalLimit}. */
  readonly limit?: number | bigint;
  /** Bytes of a new segment; the default suits the limit. */
  readonly segmentSize?: number;
  /**
   * Keeps a history elsewhere before it is removed: all its segments are complete by then. Where it
   * fails the history stays, unless the room is needed at once.
   */
  readonly archive?: () => Promise<unknown>;
  /** 32 bytes that name the form of the payloads, for the headers of new segments. */
  readonly schema?: Uint8Array;
}

/** At most so many bytes of segments, unless the operator says otherwise. */
export const journalLimit = 256n * 1024n * 1024n;

/** A journal that is open for writing, without the effect runtime. */
export interface OpenJournal extends CommitQueue {
  /** Durable commits from `from` on that share a segment. @throws JournalError */
  readonly page: (from: bigint) => CommitPage;
  /** See `Journal.restate`. */
  readonly restate: (commits: readonly Uint8Array[], urgent?: boolean) => Promise<void>;
  readonly snapshot: (snapshot: Snapshot) => Promise<void>;
  /** @throws JournalError */
  readonly latestSnapshot: () => Snapshot | undefined;
  readonly verify: () => Promise<JournalReport>;
  readonly stat: () => JournalStat;
  /** Makes durable what waits, and gives the disk back. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a journal for writing: takes the lock, reads and checks everything, puts flipped bits right
 * in a new copy (the damaged segment is kept beside it), cuts a torn tail. Where the disk refuses
 * repairs, the journal can be read, and takes no commits.
 * @throws JournalError, with nothing changed, for a journal in use, damaged, or no journal at all.
 */
export async function openJournal(disk: Disk, options: JournalOptions): Promise<OpenJournal> {
  const limits = limitsOf(options);
  const unlock = disk.lock();
  try {
    return await openLocked(disk, limits, unlock);
  } catch (error) {
    unlock();
    throw diskError(disk.place, "open the journal", error);
  }
}

async function openLocked(
  disk: Disk,
  limits: ReturnType<typeof limitsOf>,
  unlock: () => void,
): Promise<OpenJournal> {
  const found = lookThrough(disk);
  const places = [...found.places];
  const writer = segmentWriter(disk, endOf(found), found.used, {
    ...limits,
    rolled: ({ number, firstSequence }) => places.push({ number, firstSequence }),
  });
  await repair(disk, found).catch((error) => {
    writer.refuse(diskError(disk.place, "repair the journal", error));
  });
  await writer.begin();
  await writer.prepare();
  return opened(disk, { found, places, writer, unlock, ...limits });
}

/** What an open journal is made of. */
interface Parts {
  readonly found: Found;
  readonly places: SegmentPlace[];
  readonly writer: SegmentWriter;
  readonly limit: bigint;
  readonly archive: JournalOptions["archive"];
  readonly unlock: () => void;
}

function opened(disk: Disk, parts: Parts): OpenJournal {
  const { found, places, writer, limit, archive, unlock } = parts;
  const reader = commitReader(disk, places);
  const queue = commitQueue(writer);
  const last = (): number => writer.end().lastSequence;
  let closed = false;
  const whileOpen = (): void => {
    if (!closed) return;
    throw new JournalError({
      problem: "closed",
      words: `the journal in ${disk.place} was closed; open it again`,
    });
  };
  return {
    append: async (commits) => {
      whileOpen();
      return queue.append(commits);
    },
    appendLater: (commits) => {
      whileOpen();
      queue.appendLater(commits);
    },
    exclusive: queue.exclusive,
    page: (from) => {
      whileOpen();
      return reader.page(from, last());
    },
    restate: async (commits, urgent = false) => {
      whileOpen();
      return queue.exclusive(async () => {
        const root = await restated(writer, commits);
        try {
          await archive?.();
        } catch (error) {
          if (!urgent) throw diskError(disk.place, "keep its history elsewhere", error);
        }
        await forget(disk, places, writer, root);
      });
    },
    snapshot: async (snapshot) => {
      whileOpen();
      return queue.exclusive(() => keepSnapshot(disk, reader, snapshot, last()));
    },
    latestSnapshot: () => {
      whileOpen();
      return latestSnapshot(disk, reader, last());
    },
    verify: async () => {
      whileOpen();
      return queue.exclusive(() => verifyDisk(disk));
    },
    stat: () => ({
      segments: places.length,
      commits: BigInt(last()),
      bytes: writer.used(),
      limit,
      free: freeOn(disk),
      ...writer.counts,
      repaired: found.repaired,
      cut: found.cut,
      readOnly: writer.refusal()?.words,
    }),
    close: async () => {
      if (closed) return;
      closed = true;
      try {
        if (writer.refusal() === undefined) await queue.append([]);
      } finally {
        await queue.exclusive(writer.close).finally(unlock);
      }
    },
  };
}

/** Writes a restatement; returns the number of its first segment. */
async function restated(writer: SegmentWriter, commits: readonly Uint8Array[]): Promise<number> {
  const wrong = commits.find(({ length }) => length === 0 || length > payloadLimit);
  if (commits.length === 0 || wrong !== undefined) {
    const words = `a restatement of ${commits.length} commits of 1 to ${payloadLimit} bytes each`;
    throw new JournalError({ problem: "too large", words });
  }
  const root = writer.end().header.number + 1;
  await writer.restate(commits);
  return root;
}

/** Removes the segments before a restatement, oldest first. What stays behind is removed next time. */
async function forget(
  disk: Disk,
  places: SegmentPlace[],
  writer: SegmentWriter,
  root: number,
): Promise<void> {
  for (const number of segmentNumbers(disk).filter((one) => one < root)) {
    const { length } = disk.read(segmentName(number), segmentSizes.most);
    await disk.remove(segmentName(number));
    writer.released(BigInt(length));
    const at = places.findIndex((place) => place.number === number);
    if (at >= 0) places.splice(at, 1);
  }
  await disk.syncNames();
}

function freeOn(disk: Disk): bigint {
  try {
    return disk.free();
  } catch {
    return 0n;
  }
}

function limitsOf({ limit: asked, segmentSize, schema, archive }: JournalOptions) {
  const limit = BigInt(asked ?? journalLimit);
  const { least, most, step } = segmentSizes;
  // Small journals in small segments, so that the spare one does not take most of the room.
  const size = segmentSize ?? (limit >= BigInt(4 * most) ? most : least);
  const refused = (words: string) => new JournalError({ problem: "misconfigured", words });
  if (!isSegmentSize(size)) {
    throw refused(
      `segments of ${size} bytes; allowed are ${least} to ${most}, in steps of ${step}`,
    );
  }
  if (limit < BigInt(size)) {
    throw refused(`a journal of at most ${limit} bytes; it needs ${size} for its first segment`);
  }
  if (schema !== undefined && schema.length !== 32) {
    throw refused(`a schema hash of ${schema.length} bytes, allowed are 32`);
  }
  return { limit, segmentSize: size, schema: schema ?? new Uint8Array(32), archive };
}

/** What opening a journal needs to know of what lies there. */
interface Found {
  readonly places: readonly SegmentPlace[];
  readonly last: FoundSegment | undefined;
  /** Segments with flipped bits. */
  readonly flipped: ReadonlySet<string>;
  /** Files that nobody ever relied on. */
  readonly unused: readonly string[];
  readonly repaired: number;
  readonly cut: number;
  readonly used: bigint;
}

/** Reads all segments and changes nothing. @throws JournalError for damage. */
function lookThrough(disk: Disk): Found {
  const places: SegmentPlace[] = [];
  const flipped = new Set<string>();
  const unused = disk.list().filter(isUnfinished);
  let last: FoundSegment | undefined;
  let [repaired, cut, used] = [0, 0, 0n];
  for (const look of scan(disk)) {
    if (look.type === "damage") throw damagedJournal(look.damage);
    if (look.type === "unused") {
      unused.push(look.name);
      cut += look.cut;
      continue;
    }
    const { name, header } = look.segment;
    last = look.segment;
    places.push({ number: header.number, firstSequence: header.firstSequence });
    if (last.repaired > 0) flipped.add(name);
    repaired += last.repaired;
    cut += last.cut;
    used += BigInt(header.size);
  }
  const first = places[0]?.number ?? 0;
  for (const number of segmentNumbers(disk).filter((one) => one < first)) {
    used += BigInt(disk.read(segmentName(number), segmentSizes.most).length); // not removed yet
  }
  return { places, last, flipped, unused, repaired, cut, used };
}

async function repair(disk: Disk, found: Found): Promise<void> {
  for (const name of found.unused) await disk.remove(name);
  if (found.flipped.size > 0) {
    for (const look of scan(disk)) {
      if (look.type === "segment" && found.flipped.has(look.segment.name)) {
        await healSegment(disk, look.segment);
      }
    }
  }
  if (found.last !== undefined) await refreshSegment(disk, found.last);
}

function endOf({ last }: Found): JournalEnd {
  if (last === undefined) return emptyEnd();
  const { header, frames, end, sealed } = last;
  return {
    header,
    end,
    sealed,
    lastSequence: header.firstSequence + frames.length - 1,
    lastCrc: frames.at(-1)?.crc ?? header.previousCrc,
    hasher: segmentHasher(header).update(last.bytes.subarray(framesBegin, end)),
  };
}
