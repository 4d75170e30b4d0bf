import { type CivilNote, civilTimeOf } from "#adapters/journal/civil-notes.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { fold } from "./history-fold.ts";
import type { HistoryQuery } from "./history-index.ts";
import type { HistoryRow } from "./history-row.ts";
import { isAsked } from "./row-page.ts";
import { type NumberedRow, newTally, openUsage, type Tally } from "./tally.ts";

/**
 * The rows that an index would give, read from the journal alone, for a node that keeps none: all of
 * it is read for every question. @throws Malformed or RangeError for commits that nobody can read
 */
export function journalHistory(
  commits: Iterable<Commit>,
  notes: readonly CivilNote[],
  query: HistoryQuery,
): readonly HistoryRow[] {
  const tally = newTally();
  const rows: HistoryRow[] = [];
  for (const { neighbour, row } of allRows(tally, commits, notes)) {
    if (neighbour === query.neighbour) rows.push(row);
  }
  const known = tally.neighbours[query.neighbour];
  if (known !== undefined) rows.push(...openUsage(known));
  return rows.filter((row) => isAsked(row, query));
}

function* allRows(
  tally: Tally,
  commits: Iterable<Commit>,
  notes: readonly CivilNote[],
): Generator<NumberedRow, void> {
  for (const { sequence, payload } of commits) {
    const seconds = notedTime(notes, sequence);
    yield* fold(tally, { sequence, seconds, events: decodeCommit(payload) });
    tally.sequence = sequence;
  }
}

/** The time noted last before a commit; 0 where there is none. */
export function notedTime(notes: readonly CivilNote[], sequence: bigint): number {
  const [first] = notes;
  if (first === undefined || first.sequence >= sequence) return 0;
  return civilTimeOf(notes, sequence) ?? 0;
}
