import { hourOf } from "./history-row.ts";
import { keyBytes, readKey, tags } from "./row-form.ts";
import type { Store, StoreRange } from "./store.ts";
import { begin, type Tally } from "./tally.ts";

/** What to remove from a store, once the tally that was changed is written. */
export interface Pruned {
  /** Hours of which the number of rows changed. */
  readonly hours: readonly number[];
  readonly ranges: readonly StoreRange[];
}

/** One part in so many is freed at a time, so that removing is rare. */
const part = 8;

/**
 * Takes the oldest hours out of a tally until an eighth of the limit is free; of an hour that is
 * longer than that, the older half of each neighbour's rows. Nothing where there is room.
 */
export async function prune(
  store: Store,
  tally: Tally,
  hours: Map<number, number>,
  rowLimit: number,
): Promise<Pruned | undefined> {
  const rows = rowsOf(tally);
  if (rows <= rowLimit) return undefined;
  const now = hourOf(tally.seconds);
  const gone: number[] = [];
  let surplus = rows - rowLimit + Math.floor(rowLimit / part);
  for (const hour of [...hours.keys()].sort((a, b) => a - b)) {
    if (surplus <= 0 || hour >= now) break;
    surplus -= hours.get(hour) ?? 0;
    gone.push(hour);
  }
  const last = gone.at(-1);
  if (last === undefined) return withoutHalf(tally, hours, now);
  for (const hour of gone) hours.delete(hour);
  return { hours: gone, ranges: await withoutHours(store, tally, last) };
}

/** Rows that are kept. */
export function rowsOf({ neighbours }: Tally): number {
  return neighbours.reduce((all, { first, next }) => all + next - first, 0);
}

async function withoutHours(
  store: Store,
  tally: Tally,
  last: number,
): Promise<readonly StoreRange[]> {
  const ranges: StoreRange[] = [];
  for (const [neighbour, one] of tally.neighbours.entries()) {
    const range = rangeBefore(neighbour, last + 1, 0);
    one.first = (await lastIn(store, range)) ?? one.first - 1;
    one.first += 1;
    ranges.push(range);
  }
  return ranges;
}

async function lastIn(store: Store, range: StoreRange): Promise<number | undefined> {
  for await (const [key] of store.entries({ ...range, limit: 1, reverse: true })) {
    return readKey(key).ordinal;
  }
  return undefined;
}

function withoutHalf(tally: Tally, hours: Map<number, number>, now: number): Pruned {
  const ranges = tally.neighbours.map((one, neighbour) => {
    one.first = one.next - Math.floor((one.next - one.first) / 2);
    for (const account of [...one.outbound, ...one.inbound]) {
      if (account.ordinal < one.first) begin(account);
    }
    return rangeBefore(neighbour, now, one.first);
  });
  hours.set(now, rowsOf(tally));
  return { hours: [now], ranges };
}

/** All rows of a neighbour before a place. */
function rangeBefore(neighbour: number, hour: number, ordinal: number): StoreRange {
  return {
    from: keyBytes(tags.row, { neighbour, hour: 0, ordinal: 0 }),
    to: keyBytes(tags.row, { neighbour, hour, ordinal }),
  };
}
