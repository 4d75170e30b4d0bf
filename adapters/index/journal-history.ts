import { type CivilNote, civilTimeOf } from "#adapters/journal/civil-notes.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { fold } from "./history-fold.ts";
import type { HistoryQuery } from "./history-index.ts";
import { type HistoryRow, hourOf } from "./history-row.ts";
import { isAsked } from "./row-page.ts";
import { type NumberedRow, newTally, type Tally, usageRows } from "./tally.ts";

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
  const found: NumberedRow[] = [];
  for (const row of allRows(tally, commits, notes)) {
    if (row.neighbour === query.neighbour && isAsked(row.row, query)) found.push(row);
  }
  return found.sort(byPlace).map(({ row }) => row);
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
  yield* usageRows(tally, true);
}

/** As in an index: by hour, and in an hour by number. */
function byPlace(a: NumberedRow, b: NumberedRow): number {
  return hourOf(a.row.seconds) - hourOf(b.row.seconds) || a.ordinal - b.ordinal;
}

/** The time noted last before a commit; 0 where there is none. */
export function notedTime(notes: readonly CivilNote[], sequence: bigint): number {
  const [first] = notes;
  if (first === undefined || first.sequence >= sequence) return 0;
  return civilTimeOf(notes, sequence) ?? 0;
}
