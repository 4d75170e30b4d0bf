import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { Commit } from "#adapters/journal/journal.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { HistoryKind, HistoryRow } from "./history-row.ts";
import type { IndexError } from "./index-error.ts";

/** Which rows of one neighbour to read. */
export interface HistoryQuery {
  /** The neighbour's number in the journal. */
  readonly neighbour: number;
  /** UTC, seconds: from the hour of `from` on, and before `to`. Rows without a time have no limits. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly kinds?: readonly HistoryKind[] | undefined;
  /** Go on behind this place, which a page named. */
  readonly after?: HistoryCursor | undefined;
  /** At most so many rows, 1 to {@link pageLimit}; the last page also has the usage of this hour. */
  readonly limit?: number | undefined;
}

/** A place among the rows of a neighbour. */
export interface HistoryCursor {
  readonly hour: number;
  readonly ordinal: number;
}

/** The most rows of a page. */
export const pageLimit = 1000;

/** Rows, oldest first, and where to go on. */
export interface HistoryPage {
  readonly rows: readonly HistoryRow[];
  /** Nothing where there are no more. */
  readonly next: HistoryCursor | undefined;
}

/** A commit with the time of people, as far as it was noted. */
export interface NotedCommit extends Commit {
  /** UTC, seconds; 0 where no note lies before it. */
  readonly seconds: number;
}

/** How far an index is, and what to compare a journal with. */
export interface IndexPlace {
  /** The last commit that it counted; 0 for none. */
  readonly sequence: bigint;
  /** The CRC-32 of that commit's payload; 0 where it is not known. */
  readonly check: number;
  /** The neighbours that it knows, by their numbers. */
  readonly neighbours: readonly NodeId[];
}

/** An index in numbers. */
export interface IndexStat {
  readonly sequence: bigint;
  readonly rows: number;
  /** What `rows` may become. */
  readonly rowLimit: number;
  /** UTC, seconds: the oldest hour and the latest note; 0 where none is known. */
  readonly from: number;
  readonly to: number;
}

/**
 * The history index port: what the journal says, by neighbour and hour. A cache behind the journal,
 * which it never slows down: each value is checked when it is read, one that is wrong or missing is an
 * error and never an answer, and all of it can be made again. Opened when it is first used.
 */
export class HistoryIndex extends Context.Service<
  HistoryIndex,
  {
    readonly place: Effect.Effect<IndexPlace, IndexError>;
    /**
     * Counts commits, in order; those that it has are left out. Where one is missing in between,
     * what happened in it is missing too. Fails with "foreign" for commits of another journal.
     */
    readonly take: (commits: readonly NotedCommit[]) => Effect.Effect<void, IndexError>;
    /** Writes what it has counted so far. */
    readonly flush: Effect.Effect<void, IndexError>;
    readonly query: (query: HistoryQuery) => Effect.Effect<HistoryPage, IndexError>;
    readonly stat: Effect.Effect<IndexStat, IndexError>;
    /**
     * Begins anew. With `keep`, rows of commits before that sequence stay where they can be believed:
     * the commit `keep` is to be the next, and restates the journal.
     */
    readonly reset: (keep?: bigint) => Effect.Effect<ResetReport, IndexError>;
  }
>()("adapters/index/HistoryIndex") {}

/** What became of the rows. */
export interface ResetReport {
  readonly kept: number;
  /** Rows before `keep` that could not be believed, or were missing. */
  readonly lost: number;
}
