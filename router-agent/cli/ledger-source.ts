import * as Effect from "effect/Effect";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
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

/**
 * Events of a journal on disk from its last restatement on, one segment in memory at a time: what an
 * agent folds. @throws whatever is wrong.
 */
function* readEvents(directory: string): Generator<LedgerEvent, void> {
  for (const { payload } of readCommits(directory)) yield* decodeCommit(payload);
}

/** Reads a journal without changing it, also while an agent runs; errors carry words. */
export const reading = <A>(
  directory: string,
  read: (events: Iterable<LedgerEvent>) => A,
): Effect.Effect<A, JournalError> =>
  Effect.try({ try: () => read(readEvents(directory)), catch: journalErrorOf(directory) });

/** All events of a journal on disk at once: for short journals. */
export const eventsOnDisk = (directory: string) => reading(directory, (events) => [...events]);

/** What a journal on disk folds to. */
export interface LedgerOnDisk {
  readonly ledger: Ledger;
  readonly resets: ResetCounts;
}

/** The ledger that a journal on disk folds to. */
export const ledgerOnDisk = (directory: string): Effect.Effect<LedgerOnDisk, JournalError> =>
  reading(directory, (events) => {
    const resets = resetCounter();
    let ledger = emptyLedger;
    for (const event of resets.through(events)) ledger = evolve(ledger, event);
    return { ledger, resets };
  });
