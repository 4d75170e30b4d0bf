import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Layer from "effect/Layer";
import * as Semaphore from "effect/Semaphore";
import { HistoryIndex, type ResetReport } from "./history-index.ts";
import { IndexError, isRebuildable, storeError } from "./index-error.ts";
import { leastLimit, rowCost } from "./index-limits.ts";
import { type OpenIndex, openIndex } from "./open-index.ts";
import type { Keeping } from "./pruning.ts";
import { salvage } from "./salvage.ts";
import type { StorePlace } from "./store.ts";

/** How large an index may become, and how old. */
export interface IndexOptions {
  /** Bytes, at least {@link leastLimit}: beyond it the oldest hours are removed. */
  readonly limit: bigint;
  /** Days after which rows are removed, counted from the latest civil note; at least one. */
  readonly days: number;
}

/**
 * The index port over any store, one call at a time. The store is opened when it is first needed,
 * and again after an error: whatever is wrong with an index, an agent runs without it.
 */
export const indexOn = (place: StorePlace, options: IndexOptions): Layer.Layer<HistoryIndex> =>
  Layer.effect(
    HistoryIndex,
    Effect.gen(function* () {
      const alone = Semaphore.makeUnsafe(1);
      const keeper = keeperOf(place, keepingOf(options));
      yield* Effect.addFinalizer(() => closing(alone.withPermits(1)(Effect.promise(keeper.end))));
      const doing = <A>(what: string, work: () => Promise<A>): Effect.Effect<A, IndexError> =>
        alone.withPermits(1)(
          Effect.uninterruptible(
            Effect.tryPromise({
              try: () => keeper.trying(work),
              catch: (error) => storeError(place.place, what, error),
            }),
          ),
        );
      const using = <A>(what: string, work: (index: OpenIndex) => Promise<A>) =>
        doing(what, async () => work(await keeper.index()));
      return HistoryIndex.of({
        place: using("open the index", async (index) => placeOf(index)),
        take: (commits) =>
          using("write the index", async (index) => {
            for (const { seconds, ...commit } of commits) await index.take(commit, seconds);
          }),
        flush: using("write the index", (index) => index.flush()),
        query: (query) => using("read the index", (index) => index.query(query)),
        stat: using("read the index", (index) => index.stat()),
        reset: (keep) => doing("make the index anew", () => keeper.reset(keep)),
      });
    }),
  );

/** How long closing may take, in ms: what was not written is counted again. */
const closeTime = 3000;

/** Waits for the end of an index, but not for ever: a disk that never answers holds up nobody. */
const closing = (end: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.flatMap(Effect.forkDetach(end), (ending) =>
    Fiber.join(ending).pipe(Effect.timeout(closeTime), Effect.ignore, Effect.interruptible),
  );

function keepingOf({ limit, days }: IndexOptions): Keeping {
  const rowLimit = Number((limit < leastLimit ? leastLimit : limit) / rowCost);
  return { rowLimit, hourLimit: Math.max(1, days) * 24 };
}

function placeOf(index: OpenIndex) {
  const { sequence, check, neighbours } = index.tally();
  return { sequence, check, neighbours: neighbours.map(({ id }) => id) };
}

/** Holds the open index, if there is one. */
interface Keeper {
  readonly index: () => Promise<OpenIndex>;
  /** Work on the index; where it fails the index is closed, because nobody knows how it stands. */
  readonly trying: <A>(work: () => Promise<A>) => Promise<A>;
  readonly reset: (keep: bigint | undefined) => Promise<ResetReport>;
  readonly end: () => Promise<void>;
}

function keeperOf(place: StorePlace, keeping: Keeping): Keeper {
  let open: OpenIndex | undefined;
  let ended = false;
  const abandon = async () => {
    const before = open;
    open = undefined;
    await before?.abandon().catch(() => undefined);
  };
  const index = async () => {
    if (ended) throw new IndexError({ problem: "closed", words: "the index was closed" });
    if (open !== undefined) return open;
    const store = await place.open();
    try {
      open = await openIndex(store, keeping);
      return open;
    } catch (error) {
      await store.close().catch(() => undefined);
      throw error;
    }
  };
  return {
    index,
    trying: async (work) => {
      try {
        return await work();
      } catch (error) {
        await abandon();
        throw error;
      }
    },
    reset: async (keep) => {
      if (ended) throw new IndexError({ problem: "closed", words: "the index was closed" });
      await abandon();
      const kept = keep === undefined ? undefined : await salvaged(place, keep);
      if (kept === undefined) await place.destroy();
      await index();
      return kept ?? { kept: 0, lost: 0 };
    },
    end: async () => {
      ended = true;
      await open?.close().catch(() => undefined);
      open = undefined;
    },
  };
}

/** What could be kept; nothing where that is nothing, and the store has to go. */
async function salvaged(place: StorePlace, keep: bigint): Promise<ResetReport | undefined> {
  try {
    const store = await place.open();
    try {
      return await salvage(store, keep);
    } finally {
      await store.close();
    }
  } catch (error) {
    const known = storeError(place.place, "read the index", error);
    if (isRebuildable(known)) return undefined;
    throw known;
  }
}
