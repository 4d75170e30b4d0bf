import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type * as Stream from "effect/Stream";
import type { JournalError } from "./journal-error.ts";
import type { JournalReport } from "./journal-report.ts";

/** A commit that was read: what was appended, and its place among all. */
export interface Commit {
  /** 1 for the first commit of a journal. */
  readonly sequence: bigint;
  readonly payload: Uint8Array;
}

/** A state folded from all commits up to and with `sequence`. */
export interface Snapshot {
  readonly sequence: bigint;
  /** At most 1 MiB; the journal never looks inside. */
  readonly payload: Uint8Array;
}

/**
 * The journal port: an append-only list of commits, opaque bytes of 1 to 8192 each. One writer.
 * What {@link Journal} acknowledges is durable and never silently changed (assumption E2).
 */
export class Journal extends Context.Service<
  Journal,
  {
    /**
     * Durable when it returns: all commits, and whatever else waits, in one write and one sync.
     * Returns the sequence of the last. Fails with all of them refused, and the journal as it was;
     * not interruptible, so that nobody is left in doubt.
     */
    readonly append: (commits: readonly Uint8Array[]) => Effect.Effect<bigint, JournalError>;
    /** Joins the next append or sync, before its commits; lost where neither comes. */
    readonly appendLater: (commits: readonly Uint8Array[]) => Effect.Effect<void, JournalError>;
    /** Makes durable what waits. Returns the sequence of the last commit of the journal. */
    readonly sync: Effect.Effect<bigint, JournalError>;
    /** The durable commits from `from` on (default 1), in order, one segment in memory at a time. */
    readonly commits: (from?: bigint) => Stream.Stream<Commit, JournalError>;
    /** Every durable payload at once: for short journals. Long ones are read by `commits`. */
    readonly read: Effect.Effect<readonly Uint8Array[], JournalError>;
    /**
     * Commits that state everything before them begin the journal anew: once they are durable, the
     * segments before are removed. Nothing may be appended between the state and this. Where it fails
     * the journal can be read all the same, with its history. `urgent`: the room is needed at once.
     */
    readonly restate: (
      commits: readonly Uint8Array[],
      urgent?: boolean,
    ) => Effect.Effect<void, JournalError>;
    /** Keeps a folded state beside the journal, in the older of two slots. Only ever a cache. */
    readonly snapshot: (snapshot: Snapshot) => Effect.Effect<void, JournalError>;
    /** The newest whole snapshot of this very chain of commits; go on with the commits after it. */
    readonly latestSnapshot: Effect.Effect<Snapshot | undefined, JournalError>;
    /** Reads everything again: checksums, chain, seals. Damage is in the report, not in the error. */
    readonly verify: Effect.Effect<JournalReport, JournalError>;
    readonly stat: Effect.Effect<JournalStat>;
  }
>()("adapters/journal/Journal") {}

/** The state of a journal in numbers. */
export interface JournalStat {
  readonly segments: number;
  readonly commits: bigint;
  /** Of all segments on disk, with the one that is ready for later. */
  readonly bytes: bigint;
  /** What `bytes` may become. */
  readonly limit: bigint;
  /** Free bytes of the disk; 0 where it does not say. */
  readonly free: bigint;
  /** Since it was opened. */
  readonly syncs: number;
  /** Segments left behind after a failed write or sync, since it was opened. */
  readonly abandoned: number;
  /** Flipped bits put right when it was opened. */
  readonly repaired: number;
  /** Bytes of an unacknowledged commit cut off when it was opened. */
  readonly cut: number;
  /** Why the journal takes no more commits until it is opened again. */
  readonly readOnly: string | undefined;
}
