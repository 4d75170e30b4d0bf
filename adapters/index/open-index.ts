import { crc32 } from "#adapters/journal/crc32.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { believed, checked } from "./checked-value.ts";
import { fold } from "./history-fold.ts";
import type { HistoryPage, HistoryQuery, IndexStat } from "./history-index.ts";
import { hourOf } from "./history-row.ts";
import { IndexError } from "./index-error.ts";
import { type Keeping, prune, rowsOf } from "./pruning.ts";
import { allKeys, keyBytes, readKey, rowBytes, stateKey, tags } from "./row-form.ts";
import { readPage } from "./row-page.ts";
import type { Store, StoreChange } from "./store.ts";
import { newTally, type Tally } from "./tally.ts";
import { readTally, tallyBytes } from "./tally-form.ts";

/** So many rows may wait in memory before they are written. */
const unwrittenLimit = 512;

/** After so many commits what was counted is written, so that a start need not count them again. */
const uncountedLimit = 4096;

/** An index that is open. One call at a time. */
export interface OpenIndex {
  readonly tally: () => Readonly<Tally>;
  /** Counts the next commit; `seconds` as in `DatedCommit`. Writes now and then. */
  readonly take: (commit: Commit, seconds: number) => Promise<void>;
  /** Writes what was counted. */
  readonly flush: () => Promise<void>;
  readonly query: (query: HistoryQuery) => Promise<HistoryPage>;
  readonly stat: () => Promise<IndexStat>;
  /** Writes what was counted, and closes the store. */
  readonly close: () => Promise<void>;
  /** Closes the store as it is: what was counted since the last writing is counted again. */
  readonly abandon: () => Promise<void>;
}

/**
 * An index on a store, as it was left. Rows are written once and never changed, and their numbers have
 * no gaps: a batch that the store lost in silence is missed by the next query, and an old state that
 * it found again is one that counts on from an earlier commit.
 * @throws IndexError "damaged" where its state cannot be believed; the errors of the store.
 */
export async function openIndex(store: Store, keeping: Keeping): Promise<OpenIndex> {
  const tally = await tallyIn(store);
  let rows: StoreChange[] = [];
  let uncounted = 0;

  const flush = async () => {
    if (uncounted === 0) return;
    await store.change([...rows, stateOf(tally)]);
    rows = [];
    uncounted = 0;
    const pruned = await prune(store, tally, keeping);
    if (pruned.length === 0) return;
    // The state first: rows before it are not believed to be there, whenever the power fails.
    await store.change([stateOf(tally)]);
    for (const range of pruned) await store.clear(range);
  };

  const take = async ({ sequence, payload }: Commit, seconds: number) => {
    if (sequence <= tally.sequence) return;
    const events = decoded(sequence, payload);
    for (const { neighbour, ordinal, row } of fold(tally, { sequence, seconds, events })) {
      const key = keyBytes(tags.row, { neighbour, hour: hourOf(row.seconds), ordinal });
      rows.push({ key, value: checked(key, rowBytes(row)) });
    }
    tally.sequence = sequence;
    tally.check = crc32(payload);
    uncounted += 1;
    if (rows.length >= unwrittenLimit || uncounted >= uncountedLimit) await flush();
  };

  return {
    tally: () => tally,
    take,
    flush,
    query: async (query) => {
      await flush();
      return readPage(store, tally, query);
    },
    stat: () => statOf(store, tally, keeping),
    close: async () => {
      try {
        await flush();
      } finally {
        await store.close();
      }
    },
    abandon: () => store.close(),
  };
}

function stateOf(tally: Tally): StoreChange {
  return { key: stateKey, value: checked(stateKey, tallyBytes(tally)) };
}

/** The state of a store, a new one where the store is empty. */
async function tallyIn(store: Store): Promise<Tally> {
  const state = await store.get(stateKey);
  if (state !== undefined) return believed(stateKey, state, readTally, "the state of the index");
  for await (const _ of store.entries({ ...allKeys(tags.row), limit: 1 })) {
    throw new IndexError({ problem: "damaged", words: "the index has rows, and no state" });
  }
  return newTally();
}

function decoded(sequence: bigint, payload: Uint8Array) {
  try {
    return decodeCommit(payload);
  } catch (error) {
    const words = `commit ${sequence} is none this version can read (${String(error)})`;
    throw new IndexError({ problem: "unusable", words });
  }
}

async function statOf(store: Store, tally: Tally, keeping: Keeping): Promise<IndexStat> {
  let oldest = hourOf(tally.seconds);
  for (const neighbour of tally.neighbours.keys()) {
    const from = keyBytes(tags.row, { neighbour, hour: 1, ordinal: 0 });
    const to = keyBytes(tags.row, { neighbour, hour: oldest, ordinal: 0 });
    for await (const [key] of store.entries({ from, to, limit: 1 })) oldest = readKey(key).hour;
  }
  return {
    sequence: tally.sequence,
    rows: rowsOf(tally),
    rowLimit: keeping.rowLimit,
    from: oldest * 3600,
    to: tally.seconds,
  };
}
