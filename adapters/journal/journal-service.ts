import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Option from "effect/Option";
import * as Stream from "effect/Stream";
import type { Disk } from "./disk.ts";
import { Journal } from "./journal.ts";
import { diskError, type JournalError } from "./journal-error.ts";
import { type JournalOptions, type OpenJournal, openJournal } from "./open-journal.ts";

/** The journal port over any disk. Its scope's end makes durable what waits, and unlocks. */
export const journalOn = (
  place: string,
  disk: () => Disk,
  options: JournalOptions,
): Layer.Layer<Journal, JournalError> => {
  const asError = (doing: string) => (error: unknown) => diskError(place, doing, error);
  const open = Effect.tryPromise({
    try: async () => openJournal(disk(), options),
    catch: asError("open the journal"),
  });
  const close = (journal: OpenJournal) =>
    Effect.tryPromise({ try: () => journal.close(), catch: asError("close the journal") }).pipe(
      Effect.catch((error) => Effect.logError(error.words)),
    );
  return Layer.effect(
    Journal,
    Effect.map(Effect.acquireRelease(open, close), (journal) => serviceOf(journal, asError)),
  );
};

type AsError = (doing: string) => (error: unknown) => JournalError;

function serviceOf(journal: OpenJournal, asError: AsError): Journal["Service"] {
  const writing = <A>(doing: string, work: () => Promise<A>) =>
    Effect.uninterruptible(Effect.tryPromise({ try: work, catch: asError(doing) }));
  const reading = <A>(doing: string, work: () => A) =>
    Effect.try({ try: work, catch: asError(doing) });
  const commits = (from = 1n) =>
    Stream.paginate(from, (at) =>
      Effect.map(
        reading("read the journal", () => journal.page(at)),
        ({ commits, next }) => [commits, Option.fromUndefinedOr(next)],
      ),
    );
  return Journal.of({
    append: (payloads) => writing("append", () => journal.append(payloads)),
    appendLater: (payloads) => reading("append", () => journal.appendLater(payloads)),
    sync: writing("sync", () => journal.append([])),
    restate: (payloads, urgent) =>
      writing("restate the journal", () => journal.restate(payloads, urgent)),
    commits,
    read: reading("read the journal", () => {
      const all: Uint8Array[] = [];
      for (let at: bigint | undefined = 1n; at !== undefined; ) {
        const page = journal.page(at);
        for (const { payload } of page.commits) all.push(payload);
        at = page.next;
      }
      return all;
    }),
    snapshot: (snapshot) => writing("keep a snapshot", () => journal.snapshot(snapshot)),
    latestSnapshot: reading("read a snapshot", () => journal.latestSnapshot()),
    verify: writing("verify the journal", () => journal.verify()),
    stat: Effect.sync(() => journal.stat()),
  });
}
