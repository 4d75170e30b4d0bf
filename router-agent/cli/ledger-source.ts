import * as Effect from "effect/Effect";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { commitsOf, inspect } from "#adapters/journal/journal-files.ts";
import { type ResetCounts, resetCounter } from "#agent/agent/reset-counts.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";

/** Whatever went wrong while a journal was read, in words. */
export function journalErrorOf(directory: string) {
  return (error: unknown): JournalError => {
    if (error instanceof JournalError) return error;
    const { code } = error as { readonly code?: unknown };
    if (code === "EACCES" || code === "EPERM") {
      const words = `the journal in ${directory} belongs to another user: ask as the user of the agent`;
      return new JournalError({ problem: "read-only", words });
    }
    return new JournalError({ problem: "damaged", words: `${directory}: ${String(error)}` });
  };
}

/** The events of a journal on disk, read without changing it, also while an agent runs. */
export const eventsOnDisk = (
  directory: string,
): Effect.Effect<readonly LedgerEvent[], JournalError> =>
  Effect.try({
    try: () => commitsOf(inspect(directory)).flatMap((commit) => decodeCommit(commit)),
    catch: journalErrorOf(directory),
  });

/** What a journal on disk folds to. */
export interface LedgerOnDisk {
  readonly ledger: Ledger;
  readonly resets: ResetCounts;
}

/** The ledger that a journal on disk folds to. */
export const ledgerOnDisk = (directory: string): Effect.Effect<LedgerOnDisk, JournalError> =>
  Effect.map(eventsOnDisk(directory), (events) => {
    const resets = resetCounter();
    resets.count(events);
    return { ledger: events.reduce(evolve, emptyLedger), resets };
  });
