import { directoryView } from "./directory-disk.ts";
import type { Commit } from "./journal.ts";
import { type JournalReport, verifyDisk } from "./journal-report.ts";
import { type Damage, damagedJournal, type FoundSegment, scan } from "./segment-scan.ts";

/** Everything that can be read from a journal directory, with what is wrong. */
export interface Inspection {
  readonly segments: readonly FoundSegment[];
  readonly damage: readonly Damage[];
  /** Flipped bits that a start would put right. */
  readonly repaired: number;
  /** Bytes of an unacknowledged commit that a start would cut off. */
  readonly cut: number;
}

/**
 * Reads a whole journal without changing it: works on a directory in use and on a read-only one.
 * Holds all of it in memory; {@link readCommits} and {@link verifyJournal} do not.
 * @throws JournalError where the directory is missing or is no journal.
 */
export function inspect(directory: string): Inspection {
  const segments: FoundSegment[] = [];
  const damage: Damage[] = [];
  let cut = 0;
  for (const look of scan(directoryView(directory))) {
    if (look.type === "damage") damage.push(look.damage);
    if (look.type === "unused") cut += look.cut;
    else if (look.segment !== undefined) segments.push(look.segment);
  }
  const sum = (of: (segment: FoundSegment) => number) =>
    segments.reduce((all, segment) => all + of(segment), 0);
  return {
    segments,
    damage,
    repaired: sum((one) => one.repaired),
    cut: cut + sum((one) => one.cut),
  };
}

/** The payloads of all commits, first to last. @throws JournalError where anything is damaged. */
export function commitsOf(inspection: Inspection): readonly Uint8Array[] {
  const first = inspection.damage[0];
  if (first !== undefined) throw damagedJournal(first);
  return inspection.segments.flatMap((segment) => segment.frames.map((frame) => frame.payload));
}

/**
 * All commits of a journal directory, first to last, at most three segments in memory. Needs no lock.
 * @throws JournalError at the first damage, after the commits before it.
 */
export function* readCommits(directory: string): Generator<Commit, void> {
  for (const look of scan(directoryView(directory))) {
    if (look.type === "unused") return;
    for (const { sequence, payload } of look.segment?.frames ?? []) {
      yield { sequence: BigInt(sequence), payload };
    }
    if (look.type === "damage") throw damagedJournal(look.damage);
  }
}

/** Checks a journal directory in full; see {@link verifyDisk}. */
export function verifyJournal(directory: string): JournalReport {
  return verifyDisk(directoryView(directory));
}
