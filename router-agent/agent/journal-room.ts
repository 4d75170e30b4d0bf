import * as Effect from "effect/Effect";
import type { Journal } from "#adapters/journal/journal.ts";
import { snapshotLimit } from "#adapters/journal/snapshot-slot.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { KeptResets } from "#core/journal/restatement.ts";
import { agreedCommits, Parted, type Programs } from "#core/node/lockstep.ts";
import { replayedLedger } from "./replayed-ledger.ts";
import { resetCounter } from "./reset-counts.ts";

/** What the two that go in lockstep hold to be durable. */
interface TwoLedgers {
  readonly node: { readonly ledger: Ledger };
  readonly twin: { readonly ledger: Ledger };
  readonly programs: Programs;
}

/** Keeps a journal below its limit for ever. */
export interface JournalRoom {
  /**
   * Call it when a ledger is durable and nothing else was appended since. Where the journal has grown
   * to three quarters of its limit, it begins anew with what it comes down to. Returns what a person
   * should know, if it cannot.
   */
  readonly keep: (pair: TwoLedgers, events: number) => Effect.Effect<string | undefined>;
  /**
   * The journal took no more: whatever history there is is given back at once. Says whether there is
   * room again. The segment that was made ahead is there for this, on a full disk too.
   */
  readonly release: (pair: TwoLedgers) => Effect.Effect<boolean>;
}

/** So many events may pass between two looks at how full the journal is. */
const lookEvery = 32;

/**
 * Watches how full a journal is, and keeps a snapshot of the ledger every so many events, so that a
 * start need not read all of it.
 */
export function journalRoom(
  journal: Journal["Service"],
  resets: KeptResets,
  snapshotEvery: number,
): JournalRoom {
  let events = 0;
  let sinceSnapshot = 0;
  let grownFrom = 0n;
  let failed = false;

  /** What both say that everything comes down to. @throws Parted */
  const restating = ({ node, twin, programs }: TwoLedgers): readonly Uint8Array[] =>
    agreedCommits(
      programs.first.restatement(node.ledger, resets),
      programs.second.restatement(twin.ledger, resets),
      programs,
    );

  /** The journal folded once more, by the second program: memory must be that. @throws Parted */
  const compareWithDisk = Effect.fnUntraced(function* (payload: Uint8Array, { second }: Programs) {
    const again = resetCounter();
    const folded = second.encodeSnapshot(yield* replayedLedger(journal, again, second), again);
    if (!sameBytes(folded, payload)) {
      return yield* Effect.die(new Parted("the journal, folded again, is another ledger"));
    }
  });

  const restate = Effect.fnUntraced(function* (pair: TwoLedgers) {
    const { bytes, limit, segments } = yield* journal.stat;
    // A ledger that fills most of the limit by itself is restated once for each quarter it grows.
    const grown = bytes - grownFrom >= limit / 4n;
    if (segments < 2 || bytes * 4n <= limit * 3n || !grown) return undefined;
    const payloads = restating(pair);
    if (payloads.length === 0) return undefined;
    yield* journal.restate(payloads);
    grownFrom = (yield* journal.stat).bytes;
    failed = false;
    return undefined;
  });

  /** A snapshot that cannot be kept costs time at the next start, and nothing else. */
  const keepSnapshot = ({ node: { ledger }, programs }: TwoLedgers) =>
    Effect.gen(function* () {
      if (sinceSnapshot < snapshotEvery || ledger.node === undefined) return;
      sinceSnapshot = 0;
      const { commits } = yield* journal.stat;
      const payload = programs.first.encodeSnapshot(ledger, resets);
      yield* compareWithDisk(payload, programs);
      if (payload.length > snapshotLimit) return;
      yield* journal.snapshot({ sequence: commits, payload });
    }).pipe(Effect.catch((error) => Effect.logWarning(error.words)));

  const release = (pair: TwoLedgers) =>
    Effect.gen(function* () {
      const payloads = restating(pair);
      if (payloads.length === 0) return false;
      yield* journal.restate(payloads, true);
      grownFrom = (yield* journal.stat).bytes;
      return true;
    }).pipe(Effect.catch(() => Effect.succeed(false)));

  return {
    release,
    keep: (pair, more) => {
      events += more;
      sinceSnapshot += more;
      if (events < lookEvery) return Effect.succeed(undefined);
      events = 0;
      return Effect.andThen(keepSnapshot(pair), restate(pair)).pipe(
        Effect.catch((error) => {
          const first = !failed;
          failed = true;
          const words = `the journal could not be begun anew, and will be full: ${error.words}`;
          return Effect.succeed(first ? words : undefined);
        }),
      );
    },
  };
}
