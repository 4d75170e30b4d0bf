import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Stream from "effect/Stream";
import type { CivilNote } from "#adapters/journal/civil-notes.ts";
import { crc32 } from "#adapters/journal/crc32.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import type { CommitSource } from "./commit-source.ts";
import type { HistoryIndex, ResetReport } from "./history-index.ts";
import { IndexError, isRebuildable } from "./index-error.ts";
import { notedTime } from "./journal-history.ts";

/** What catching up came to. */
export interface CaughtUp {
  /** Commits that were counted. */
  readonly commits: number;
  /** Why the index was made anew, and what became of its rows. */
  readonly rebuilt: (ResetReport & { readonly words: string }) | undefined;
}

/** So many commits are counted before others have their turn. */
const turnSize = 16;

/**
 * Counts the commits of a journal that the index does not have yet. An index that cannot be believed,
 * or is another journal's, is made anew.
 */
export const catchUp = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: readonly CivilNote[],
): Effect.fn.Return<CaughtUp, IndexError | JournalError> {
  const first = yield* Effect.result(goOn(index, source, notes));
  if (first._tag === "Success") return { commits: first.success, rebuilt: undefined };
  const error = first.failure;
  if (!isRebuildable(error)) return yield* error;
  return yield* rebuild(index, source, notes, error.words, error.problem === "damaged");
});

/**
 * Makes the index anew. With `salvage`, rows of commits that the journal gave up, and that no archive
 * has, are kept where they can be believed.
 */
export const rebuild = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  source: CommitSource,
  notes: readonly CivilNote[],
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
  notes: readonly CivilNote[],
) {
  const { sequence, check } = yield* index.place;
  if (sequence > 0n && check !== 0) yield* sameJournal(source, sequence, check);
  let commits = 0;
  yield* source(sequence + 1n).pipe(
    Stream.rechunk(turnSize),
    Stream.runForEachArray((some) => {
      commits += some.length;
      const noted = some.map((one) => ({ ...one, seconds: notedTime(notes, one.sequence) }));
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
