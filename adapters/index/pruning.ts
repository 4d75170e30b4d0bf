import { hourOf } from "./history-row.ts";
import { keyBytes, readKey, tags } from "./row-form.ts";
import type { Store, StoreRange } from "./store.ts";
import type { NeighbourTally, Tally } from "./tally.ts";

/** How much history is kept. */
export interface Keeping {
  /** Rows beyond it are removed, oldest first. */
  readonly rowLimit: number;
  /** Rows older than so many hours before the latest note are removed, a day at a time. */
  readonly hourLimit: number;
}

/** One part in so many is freed at a time, so that removing for want of room is rare. */
const part = 8;

/** Rows go by whole days of UTC when they are too old. */
const hoursOfDay = 24;

/**
 * Takes out of a tally what is too old, and where there are too many rows still, the oldest hours
 * until an eighth of the limit is free; of a single hour that is longer, the older half of each
 * neighbour's rows. Returns what to remove from the store once the tally is written: where that is
 * cut off, those rows are not believed to be there.
 */
export async function prune(
  store: Store,
  tally: Tally,
  { rowLimit, hourLimit }: Keeping,
): Promise<readonly StoreRange[]> {
  const aged = await agedHour(store, tally, hourLimit);
  const ranges = aged === undefined ? [] : await withoutHours(store, tally, aged);
  const surplus = rowsOf(tally) - rowLimit;
  if (surplus <= 0) return ranges;
  const cut = await cutFor(store, tally, surplus + Math.floor(rowLimit / part));
  const more = await withoutHours(store, tally, cut);
  if (rowsOf(tally) <= rowLimit) return [...ranges, ...more];
  return [...ranges, ...more, ...withoutHalf(tally)];
}

/** Rows that are kept. */
export function rowsOf({ neighbours }: Tally): number {
  return neighbours.reduce((all, { first, next }) => all + next - first, 0);
}

/**
 * The hour before which rows are too old, where there are any. Rows without a time are of unknown
 * age: they go with the first rows after them that have one.
 */
async function agedHour(
  store: Store,
  tally: Tally,
  hourLimit: number,
): Promise<number | undefined> {
  const oldest = hourOf(tally.seconds) - hourLimit;
  const aged = oldest - (oldest % hoursOfDay);
  if (aged <= 1) return undefined;
  for (const [neighbour, { first }] of tally.neighbours.entries()) {
    const from = keyBytes(tags.row, { neighbour, hour: 1, ordinal: 0 });
    const last = await lastIn(store, { ...rangeBefore(neighbour, aged, 0), from });
    if (last !== undefined && last >= first) return aged;
  }
  return undefined;
}

/** The earliest hour before which there are so many rows, or the latest hour where there are not. */
async function cutFor(store: Store, tally: Tally, wanted: number): Promise<number> {
  let low = 0;
  let high = hourOf(tally.seconds);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let rows = 0;
    for (const [neighbour, one] of tally.neighbours.entries()) {
      rows += (await firstAfter(store, neighbour, one, middle)) - one.first;
    }
    if (rows >= wanted) high = middle;
    else low = middle + 1;
  }
  return high;
}

async function withoutHours(
  store: Store,
  tally: Tally,
  hour: number,
): Promise<readonly StoreRange[]> {
  const ranges: StoreRange[] = [];
  for (const [neighbour, one] of tally.neighbours.entries()) {
    const first = await firstAfter(store, neighbour, one, hour);
    if (first === one.first) continue;
    one.first = first;
    ranges.push(rangeBefore(neighbour, hour, 0));
  }
  return ranges;
}

/** The number of a neighbour's first row once all before an hour are gone. */
async function firstAfter(
  store: Store,
  neighbour: number,
  { first }: NeighbourTally,
  hour: number,
): Promise<number> {
  const last = await lastIn(store, rangeBefore(neighbour, hour, 0));
  return last === undefined || last < first ? first : last + 1;
}

async function lastIn(store: Store, range: StoreRange): Promise<number | undefined> {
  for await (const [key] of store.entries({ ...range, limit: 1, reverse: true })) {
    return readKey(key).ordinal;
  }
  return undefined;
}

function withoutHalf(tally: Tally): readonly StoreRange[] {
  return tally.neighbours.map((one, neighbour) => {
    one.first = one.next - Math.floor((one.next - one.first) / 2);
    return rangeBefore(neighbour, hourOf(tally.seconds), one.first);
  });
}

/** All rows of a neighbour before a place. */
function rangeBefore(neighbour: number, hour: number, ordinal: number): StoreRange {
  return {
    from: keyBytes(tags.row, { neighbour, hour: 0, ordinal: 0 }),
    to: keyBytes(tags.row, { neighbour, hour, ordinal }),
  };
}
