import * as Effect from "effect/Effect";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { commitsOf, inspect } from "#adapters/journal/journal-files.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";

/** The events of a journal on disk, read without changing it, also while an agent runs. */
export const eventsOnDisk = (
  directory: string,
): Effect.Effect<readonly LedgerEvent[], JournalError> =>
  Effect.try({
    try: () => commitsOf(inspect(directory)).flatMap((commit) => decodeCommit(commit)),
    catch: (error) =>
      error instanceof JournalError
        ? error
        : new JournalError({ problem: "damaged", words: `${directory}: ${String(error)}` }),
  });

/** The ledger that a journal on disk folds to. */
export const ledgerOnDisk = (directory: string): Effect.Effect<Ledger, JournalError> =>
  Effect.map(eventsOnDisk(directory), (events) => events.reduce(evolve, emptyLedger));
