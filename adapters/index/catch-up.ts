import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Stream from "effect/Stream";
import { type CivilNote, civilTimeOf } from "#adapters/journal/civil-notes.ts";
import { crc32 } from "#adapters/journal/crc32.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import type { CommitSource } from "./commit-source.ts";
import type { HistoryIndex, ResetReport } from "./history-index.ts";
import { IndexError, isRebuildable } from "./index-error.ts";

/** What catching up came to. */
export interface CaughtUp {
  /** Commits that were counted. */
  readonly commits: number;
  /** Why the index was made anew, and what became of its rows. */
  readonly rebuilt: (ResetReport & { readonly words: string }) | undefined;
}

/** The civil notes that commits from `from` on need. */
export type NoteSource = (from: bigint) => readonly CivilNote[];

/** So many commits are counted before others have their turn. */
const turnSize = 16;

/**
 * Counts the commits of a journal that the index does not have yet. An index that cannot be believed,
 * or is another journal's, is made anew.
 */
export const catchUp = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: NoteSource,
): Effect.fn.Return<CaughtUp, IndexError | JournalError> {
  const first = yield* Effect.result(goOn(index, source, notes));
  if (first._tag === "Success") return { commits: first.success, rebuilt: undefined };
  const error = first.failure;
  if (!isRebuildable(error)) return yield* error;
  return yield* rebuild(index, source, notes, error.words, error.problem === "damaged");
});

/**
 * Asks an index that has caught up. Where the answer cannot be believed the index is made anew and
 * asked once more, so that whatever became of the store, the answer is the journal's.
 */
export const answered = Effect.fnUntraced(function* <A>(
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: NoteSource,
  ask: Effect.Effect<A, IndexError>,
): Effect.fn.Return<A, IndexError | JournalError> {
  yield* catchUp(index, source, notes);
  const first = yield* Effect.result(ask);
  if (first._tag === "Success") return first.success;
  if (!isRebuildable(first.failure)) return yield* first.failure;
  yield* rebuild(index, source, notes, first.failure.words, true);
  return yield* ask;
});

/**
 * Makes the index anew. With `salvage`, rows of commits that the journal gave up, and that no archive
 * has, are kept where they can be believed.
 */
export const rebuild = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: NoteSource,
  words: string,
  salvage: boolean,
): Effect.fn.Return<CaughtUp, IndexError | JournalError> {
  const oldest = yield* Stream.runHead(source(1n));
  const begins = Option.match(oldest, { onNone: () => 1n, onSome: (one) => one.sequence });
  const report = yield* index.reset(salvage && begins > 1n ? begins : undefined);
  const commits = yield* goOn(index, source, notes).pipe(
    // What was kept can still turn out to be another journal's.
    Effect.catchIf(isRebuildable, () => Effect.andThen(index.reset(), goOn(index, source, notes))),
  );
  return { commits, rebuilt: { ...report, words } };
});

const goOn = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: NoteSource,
) {
  const { sequence, check } = yield* index.place;
  if (sequence > 0n && check !== 0) yield* sameJournal(source, sequence, check);
  let commits = 0;
  yield* source(sequence + 1n).pipe(
    Stream.rechunk(turnSize),
    Stream.runForEachArray((some) => {
      commits += some.length;
      const known = notes(some[0].sequence);
      const noted = some.map((one) => ({ ...one, seconds: notedTime(known, one.sequence) }));
      return Effect.andThen(index.take(noted), Effect.yieldNow);
    }),
  );
  return commits;
});

/** The commit that the index counted last is still what it was. */
const sameJournal = Effect.fnUntraced(function* (
  source: CommitSource,
  sequence: bigint,
  check: number,
) {
  const found = Option.getOrUndefined(yield* Stream.runHead(source(sequence)));
  const same = found !== undefined && (found.sequence > sequence || crc32(found.payload) === check);
  if (same) return;
  const words = `commit ${sequence}, which the index has, is not in the journal`;
  return yield* new IndexError({ problem: "foreign", words });
});

/** The time noted last before a commit; 0 where there is none. */
export function notedTime(notes: readonly CivilNote[], sequence: bigint): number {
  if ((notes[0]?.sequence ?? sequence) >= sequence) return 0;
  return civilTimeOf(notes, sequence) ?? 0;
}
