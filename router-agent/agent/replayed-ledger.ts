import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import type { Commit, Journal } from "#adapters/journal/journal.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { decodeSnapshot } from "#core/journal/snapshot-form.ts";
import type { ResetCounter } from "./reset-counts.ts";

/**
 * The journal folded, one segment in memory at a time: from its newest snapshot on, or from its
 * beginning where no snapshot can be read. Both give the same ledger.
 */
export const replayedLedger = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  resets: ResetCounter,
): Effect.fn.Return<Ledger, JournalError> {
  const begun = yield* fromSnapshot(journal);
  let ledger = emptyLedger;
  for (const event of resets.through(begun.events)) ledger = evolve(ledger, event);
  const fold = ({ sequence, payload }: Commit) =>
    Effect.try({
      try: () => {
        for (const event of resets.through(decodeCommit(payload))) ledger = evolve(ledger, event);
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
const fromSnapshot = Effect.fnUntraced(function* (journal: Journal["Service"]) {
  const none = { events: [], next: 1n } as const;
  const snapshot = yield* journal.latestSnapshot;
  if (snapshot === undefined) return none;
  return yield* Effect.try(() => ({
    events: decodeSnapshot(snapshot.payload),
    next: snapshot.sequence + 1n,
  })).pipe(
    Effect.catch((error) =>
      Effect.as(Effect.logWarning(`a snapshot is not used: ${String(error.cause)}`), none),
    ),
  );
});
