import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import type { Commit, Journal } from "#adapters/journal/journal.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { type Program, program } from "#core/node/program.ts";
import type { ResetCounter } from "./reset-counts.ts";

/**
 * The journal folded, one segment in memory at a time: from its newest snapshot on, or from its
 * beginning where no snapshot can be read. Both give the same ledger.
 * @param by the program that reads and folds it; the ledger is of its realm.
 */
export const replayedLedger = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  resets: ResetCounter,
  by: Program = program,
): Effect.fn.Return<Ledger, JournalError> {
  const begun = yield* fromSnapshot(journal, by);
  let ledger = by.emptyLedger;
  for (const event of resets.through(begun.events)) ledger = by.evolve(ledger, event);
  const fold = ({ sequence, payload }: Commit) =>
    Effect.try({
      try: () => {
        const events = by.decodeCommit(by.copyOf(payload));
        for (const event of resets.through(events)) ledger = by.evolve(ledger, event);
      },
      catch: (error) =>
        new JournalError({
          problem: "foreign",
          words: `commit ${sequence} of the journal is none this version can read (${String(error)}): start the version that wrote it, or a later one`,
        }),
    });
  yield* Stream.runForEach(journal.commits(begun.next), fold);
  return ledger;
});

/** A snapshot is a cache: whatever is wrong with it, the journal is read from its beginning. */
const fromSnapshot = Effect.fnUntraced(function* (journal: Journal["Service"], by: Program) {
  const none = { events: [], next: 1n } as const;
  const snapshot = yield* journal.latestSnapshot;
  if (snapshot === undefined) return none;
  return yield* Effect.try(() => ({
    events: by.decodeSnapshot(by.copyOf(snapshot.payload)),
    next: snapshot.sequence + 1n,
  })).pipe(
    Effect.catch((error) =>
      Effect.as(Effect.logWarning(`a snapshot is not used: ${String(error.cause)}`), none),
    ),
  );
});
