import { believed, checked } from "./checked-value.ts";
import type { ResetReport } from "./history-index.ts";
import { type HistoryRow, hourOf } from "./history-row.ts";
import { IndexError } from "./index-error.ts";
import { allKeys, keyBytes, readKey, readRow, rowBytes, stateKey, tags } from "./row-form.ts";
import type { Store, StoreChange } from "./store.ts";
import { type NumberedRow, newNeighbour, openUsage, type Tally } from "./tally.ts";
import { readTally, tallyBytes } from "./tally-form.ts";

/** So many changes are made together. */
const changeLimit = 1000;

/**
 * Leaves in a store the rows of commits before `keep` that can be believed, numbered anew without
 * gaps, and a state that goes on with the commit `keep`. Where that is cut off, the rows do not fit
 * the state, and the next query says so. @throws what the store throws, where not even this can be
 * read; IndexError "damaged" where nobody knows whose rows they are.
 */
export async function salvage(store: Store, keep: bigint): Promise<ResetReport> {
  const tally = await tallyOf(store);
  const found = await sift(store, tally, keep);
  const closed = tally.sequence < keep ? closedUsage(tally, found.next) : [];
  const seconds = closed.reduce((most, { row }) => Math.max(most, row.seconds), found.seconds);
  const state = withoutAccounts(tally, keep, found.next, seconds);
  await store.change([
    ...closed.map(({ neighbour, ordinal, row }) => {
      const at = { neighbour, hour: hourOf(row.seconds), ordinal };
      return entry(keyBytes(tags.row, at), rowBytes(row));
    }),
    entry(stateKey, tallyBytes(state)),
  ]);
  return { kept: found.kept + closed.length, lost: found.lost };
}

/** Usage that only the state knew so far. @param next numbers of the rows to come, which it raises. */
function closedUsage({ neighbours }: Tally, next: number[]): readonly NumberedRow[] {
  return neighbours.flatMap((one, neighbour) =>
    openUsage(one).map((row) => {
      const ordinal = next[neighbour] ?? 1;
      next[neighbour] = ordinal + 1;
      return { neighbour, ordinal, row };
    }),
  );
}

async function tallyOf(store: Store): Promise<Tally> {
  const state = await store.get(stateKey);
  if (state !== undefined) return believed(stateKey, state, readTally, "the state");
  throw new IndexError({ problem: "damaged", words: "the index has no state" });
}

interface Sifted extends ResetReport {
  readonly next: number[];
  readonly seconds: number;
}

/** Walks over all rows as they were when it began, and moves each to its new place. */
async function sift(store: Store, tally: Tally, keep: bigint): Promise<Sifted> {
  const next = tally.neighbours.map(() => 1);
  let changes: StoreChange[] = [];
  let [kept, lost, seconds] = [0, 0, 0];
  const expected = tally.neighbours.map(({ first }) => first);
  for await (const [key, value] of store.entries(allKeys(tags.row))) {
    changes.push({ key, value: undefined });
    const at = readKey(key);
    const place = next[at.neighbour];
    const first = tally.neighbours[at.neighbour]?.first;
    if (place === undefined || first === undefined || at.ordinal < first) continue;
    lost += Math.max(0, at.ordinal - (expected[at.neighbour] ?? 0));
    expected[at.neighbour] = at.ordinal + 1;
    const row = rowOf(key, value);
    if (row === undefined) lost += 1;
    else if (row.sequence < keep) {
      const to = keyBytes(tags.row, { ...at, ordinal: place });
      changes.push({ key: to, value: checked(to, value.subarray(0, -4)) });
      next[at.neighbour] = place + 1;
      seconds = Math.max(seconds, row.seconds);
      kept += 1;
    }
    if (changes.length < changeLimit) continue;
    await store.change(changes);
    changes = [];
  }
  await store.change(changes);
  return { next, seconds, kept, lost };
}

function rowOf(key: Uint8Array, value: Uint8Array): HistoryRow | undefined {
  try {
    return believed(key, value, readRow, "a row");
  } catch {
    return undefined;
  }
}

/** Who the neighbours are, and nothing about their accounts: the journal restates those. */
function withoutAccounts(
  { node, journal, neighbours }: Tally,
  keep: bigint,
  next: readonly number[],
  seconds: number,
): Tally {
  return {
    node,
    journal,
    sequence: keep - 1n,
    check: 0,
    seconds,
    neighbours: neighbours.map(({ id, outbound }, i) => ({
      ...newNeighbour(id, outbound.length),
      next: next[i] ?? 1,
    })),
  };
}

function entry(key: Uint8Array, body: Uint8Array): StoreChange {
  return { key, value: checked(key, body) };
}
