import type { Disk, DiskFile } from "./disk.ts";
import { diskError, JournalError } from "./journal-error.ts";
import { segmentName, segmentNumberLimit, unfinishedName } from "./journal-file-name.ts";
import { encodeHeader, type SegmentHeader } from "./segment.ts";

/** Files for segments to come, made before they are needed. */
export interface SegmentSupply {
  /**
   * Makes sure that so many segments after number `present` can be begun, and that `kept` more stay
   * for what may never be refused: a journal that is full begins anew on the last one.
   * @throws JournalError where the limit or the disk does not allow it, and no commit was written.
   */
  readonly reserve: (present: number, count: number, kept?: number) => Promise<void>;
  /** Waits for whatever is being made. */
  readonly settled: () => Promise<void>;
  /** Begins a reserved segment: its header is durable, and then its name. */
  readonly begin: (header: SegmentHeader) => Promise<DiskFile>;
  /** Segments of so many bytes were removed. */
  readonly released: (bytes: bigint) => void;
  /** Bytes of all segments on disk. */
  readonly used: () => bigint;
}

/** A supply of segments of one size. @param usedBefore bytes of the segments there are. */
export function segmentSupply(
  disk: Disk,
  usedBefore: bigint,
  limits: { readonly limit: bigint; readonly segmentSize: number },
): SegmentSupply {
  const { limit, segmentSize } = limits;
  const ready = new Map<number, Promise<void>>();
  let used = usedBefore;

  /** The making of a segment, which may have begun while commits were written. */
  const made = (number: number): Promise<void> => {
    const known = ready.get(number);
    if (known !== undefined) return known;
    if (used + BigInt(segmentSize) > limit || number > segmentNumberLimit) {
      throw fullJournal(disk.place, limit);
    }
    used += BigInt(segmentSize);
    const making = make(disk, number, segmentSize).catch((error) => {
      ready.delete(number); // the next one who needs it tries again, and is told
      used -= BigInt(segmentSize);
      throw error;
    });
    ready.set(number, making);
    return making;
  };

  return {
    reserve: async (present, count, kept = 0) => {
      for (let number = present + 1; number <= present + count + kept; number++) {
        await made(number);
      }
    },
    settled: async () => {
      await Promise.allSettled(ready.values());
    },
    begin: (header) => {
      ready.delete(header.number); // used, or spoilt: either way never again
      return begin(disk, header);
    },
    released: (bytes) => {
      used -= bytes;
    },
    used: () => used,
  };
}

/** What the journal says when its limit is reached. */
export function fullJournal(place: string, limit: bigint): JournalError {
  return new JournalError({
    problem: "full",
    words: `the journal in ${place} has reached its limit of ${limit} bytes, nothing of this was written; raise the limit`,
  });
}

async function make(disk: Disk, number: number, size: number): Promise<void> {
  const name = unfinishedName(segmentName(number));
  try {
    await disk.create(name, new Uint8Array(disk.preallocates ? size : 0));
  } catch (error) {
    await disk.remove(name).catch(() => undefined);
    throw diskError(disk.place, "make a new segment", error);
  }
}

async function begin(disk: Disk, header: SegmentHeader): Promise<DiskFile> {
  const name = segmentName(header.number);
  const file = await disk.open(unfinishedName(name));
  try {
    await file.write(encodeHeader(header), 0);
    await file.sync();
    await disk.rename(unfinishedName(name), name);
    await disk.syncNames();
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}
