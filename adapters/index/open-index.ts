import { crc32 } from "#adapters/journal/crc32.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import { canonicalReader } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { believed, checked } from "./checked-value.ts";
import { fold } from "./history-fold.ts";
import type { HistoryPage, HistoryQuery, IndexStat } from "./history-index.ts";
import { hourOf } from "./history-row.ts";
import { IndexError } from "./index-error.ts";
import { prune, rowsOf } from "./pruning.ts";
import { allKeys, hourKey, keyBytes, readKey, rowBytes, stateKey, tags } from "./row-form.ts";
import { readPage } from "./row-page.ts";
import type { Store, StoreChange } from "./store.ts";
import { type NumberedRow, newTally, type Tally, usageRows } from "./tally.ts";
import { readTally, tallyBytes } from "./tally-form.ts";

/** So many rows may wait in memory before they are written. */
export const unwrittenLimit = 512;

/** After so many commits what was counted is written, so that a start need not count them again. */
export const uncountedLimit = 4096;

/** An index that is open. One call at a time. */
export interface OpenIndex {
  readonly tally: () => Readonly<Tally>;
  /** Counts the next commit; `seconds` as in `DatedCommit`. Writes now and then. */
  readonly take: (commit: Commit, seconds: number) => Promise<void>;
  /** Writes what was counted. */
  readonly flush: () => Promise<void>;
  readonly query: (query: HistoryQuery) => Promise<HistoryPage>;
  readonly stat: () => IndexStat;
  /** Writes what was counted, and closes the store. */
  readonly close: () => Promise<void>;
  /** Closes the store as it is: what was counted since the last writing is counted again. */
  readonly abandon: () => Promise<void>;
}

/**
 * An index on a store, as it was left. @param rowLimit rows beyond it are removed, oldest first.
 * @throws IndexError "damaged" where its state cannot be believed; the errors of the store.
 */
export async function openIndex(store: Store, rowLimit: number): Promise<OpenIndex> {
  const state = await store.get(stateKey);
  const tally =
    state === undefined ? newTally() : believed(stateKey, state, readTally, "its state");
  const hours = await hoursOf(store);
  const rows = new Map<string, StoreChange>();
  let uncounted = 0;

  const put = ({ neighbour, ordinal, row }: NumberedRow): void => {
    const hour = hourOf(row.seconds);
    const key = keyBytes(tags.row, { neighbour, hour, ordinal });
    rows.set(Buffer.from(key).toString("latin1"), { key, value: checked(key, rowBytes(row)) });
  };

  /** The state, and how many rows those hours have. */
  const stateWith = (touched: Iterable<number>): readonly StoreChange[] => [
    ...[...touched].map((hour) => {
      const count = hours.get(hour);
      return count === undefined
        ? { key: hourKey(hour), value: undefined }
        : entry(hourKey(hour), canonical(count));
    }),
    entry(stateKey, tallyBytes(tally)),
  ];

  const flush = async () => {
    if (uncounted === 0) return;
    for (const one of usageRows(tally, false)) put(one);
    const touched = new Set([...rows.values()].map(({ key }) => readKey(key).hour));
    await store.change([...rows.values(), ...stateWith(touched)]);
    rows.clear();
    uncounted = 0;
    const pruned = await prune(store, tally, hours, rowLimit);
    if (pruned === undefined) return;
    // The state first: rows before it are not believed to be there, whenever the power fails.
    await store.change(stateWith(pruned.hours));
    for (const range of pruned.ranges) await store.clear(range);
  };

  const take = async ({ sequence, payload }: Commit, seconds: number) => {
    if (sequence <= tally.sequence) return;
    const before = rowsBegun(tally);
    const events = decoded(sequence, payload);
    for (const one of fold(tally, { sequence, seconds, events })) put(one);
    tally.sequence = sequence;
    tally.check = crc32(payload);
    const hour = hourOf(tally.seconds);
    hours.set(hour, (hours.get(hour) ?? 0) + rowsBegun(tally) - before);
    uncounted += 1;
    if (rows.size >= unwrittenLimit || uncounted >= uncountedLimit) await flush();
  };

  return {
    tally: () => tally,
    take,
    flush,
    query: async (query) => {
      await flush();
      return readPage(store, tally, query);
    },
    stat: () => statOf(tally, hours, rowLimit),
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

/** A value to put, with its checksum. */
function entry(key: Uint8Array, body: Uint8Array): StoreChange {
  return { key, value: checked(key, body) };
}

/** How many rows each hour has. */
async function hoursOf(store: Store): Promise<Map<number, number>> {
  const hours = new Map<number, number>();
  for await (const [key, value] of store.entries(allKeys(tags.hour))) {
    const read = (body: Uint8Array) => canonicalReader(body).small(Number.MAX_SAFE_INTEGER);
    hours.set(readKey(key).hour, believed(key, value, read, "the size of an hour"));
  }
  return hours;
}

/** Rows that were ever begun: each has a number of its own. */
function rowsBegun({ neighbours }: Tally): number {
  return neighbours.reduce((all, one) => all + one.next, 0);
}

function decoded(sequence: bigint, payload: Uint8Array) {
  try {
    return decodeCommit(payload);
  } catch (error) {
    const words = `commit ${sequence} is none this version can read (${String(error)})`;
    throw new IndexError({ problem: "unusable", words });
  }
}

function statOf(tally: Tally, hours: ReadonlyMap<number, number>, rowLimit: number): IndexStat {
  const known = [...hours.keys()].filter((hour) => hour > 0);
  const oldest = known.reduce((least, hour) => Math.min(least, hour), hourOf(tally.seconds));
  return {
    sequence: tally.sequence,
    rows: rowsOf(tally),
    rowLimit,
    from: oldest * 3600,
    to: tally.seconds,
  };
}
