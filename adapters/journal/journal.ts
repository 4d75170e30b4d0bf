import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { JournalError } from "./journal-error.ts";

/**
 * The journal port: an append-only list of commits, opaque bytes of 1 to 8192 each. One writer.
 * What {@link Journal} acknowledges is durable and never silently changed.
 */
export class Journal extends Context.Service<
  Journal,
  {
    /** Durable when it returns: all commits, one write and one sync. Returns the last sequence. */
    readonly append: (commits: readonly Uint8Array[]) => Effect.Effect<number, JournalError>;
    /** Every commit from the first on, in order. */
    readonly read: Effect.Effect<readonly Uint8Array[], JournalError>;
    readonly stat: Effect.Effect<JournalStat>;
  }
>()("adapters/journal/Journal") {}

/** The state of a journal in numbers. */
export interface JournalStat {
  readonly segments: number;
  readonly commits: number;
  /** Bytes of frames, without the empty rest of segments. */
  readonly bytes: number;
  /** Since it was opened. */
  readonly syncs: number;
  /** Flipped bits put right when it was opened. */
  readonly repaired: number;
  /** Bytes of an unacknowledged commit cut off when it was opened. */
  readonly cut: number;
}
