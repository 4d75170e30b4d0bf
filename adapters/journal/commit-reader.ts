import type { DiskView } from "./disk.ts";
import type { Frame } from "./frame.ts";
import type { Commit } from "./journal.ts";
import { segmentName } from "./journal-file-name.ts";
import { recover } from "./recovery.ts";
import { readHeader, type SegmentHeader } from "./segment.ts";
import { damagedJournal, load } from "./segment-scan.ts";

/** Where a segment begins in a journal: enough to find a commit without reading all of it. */
export interface SegmentPlace {
  readonly number: number;
  readonly firstSequence: number;
}

/** Commits of one segment, and where the next ones begin. */
export interface CommitPage {
  readonly commits: readonly Commit[];
  /** The sequence to go on with; nothing at the end. */
  readonly next: bigint | undefined;
}

/** Reads durable commits of a journal that was scanned when it was opened. */
export interface CommitReader {
  /** The commits from `from` on that share its segment. @throws JournalError */
  readonly page: (from: bigint, last: number) => CommitPage;
  /** The frame of a commit that is durable. @throws JournalError */
  readonly frame: (sequence: number, last: number) => Frame | undefined;
}

/** A reader; `places` may grow. */
export function commitReader(disk: DiskView, places: readonly SegmentPlace[]): CommitReader {
  const placeOf = (sequence: number): number =>
    places.findLastIndex(({ firstSequence }) => firstSequence <= sequence);

  const framesAt = (index: number, last: number): readonly Frame[] => {
    const place = places[index];
    if (place === undefined) return [];
    const following = places[index + 1]?.firstSequence ?? last + 1;
    return durableFrames(disk, place, following);
  };

  return {
    page: (from, last) => {
      const oldest = BigInt(places[0]?.firstSequence ?? 1);
      const begin = from < oldest ? oldest : from;
      if (begin > BigInt(last)) return { commits: [], next: undefined };
      const index = placeOf(Number(begin));
      const commits = framesAt(index, last)
        .filter(({ sequence }) => sequence >= begin)
        .map(({ sequence, payload }) => ({ sequence: BigInt(sequence), payload }));
      const end = begin + BigInt(commits.length);
      return { commits, next: end > BigInt(last) ? undefined : end };
    },
    frame: (sequence, last) =>
      sequence > last
        ? undefined
        : framesAt(placeOf(sequence), last).find((one) => one.sequence === sequence),
  };
}

/** The frames of a segment up to `following`, all of which were durable. */
function durableFrames(disk: DiskView, place: SegmentPlace, following: number): readonly Frame[] {
  const found = load(disk, place.number);
  const header = readHeader(found);
  const segment = `${disk.place}/${segmentName(place.number)}`;
  if (header === undefined) {
    throw damagedJournal({ segment, offset: 0, words: "its header was damaged while in use" });
  }
  const { frames, end } = recover(wholeSegment(found, header), header, following);
  const missing = following - place.firstSequence - frames.length;
  if (missing > 0) {
    const words = `${missing} commits that were durable cannot be read`;
    throw damagedJournal({ segment, offset: end, words });
  }
  return frames;
}

/** In full length: what a file lacks at its end is zeros. */
function wholeSegment(found: Uint8Array, { size }: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(found.subarray(0, size));
  return bytes;
}
