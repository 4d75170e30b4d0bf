import { believed } from "./checked-value.ts";
import { type HistoryPage, type HistoryQuery, pageLimit } from "./history-index.ts";
import { type HistoryRow, hourOf } from "./history-row.ts";
import { IndexError } from "./index-error.ts";
import { keyBytes, type RowKey, readKey, readRow, tags } from "./row-form.ts";
import type { Store } from "./store.ts";
import { openUsage, type Tally } from "./tally.ts";

/** So many rows are looked at for one page, also where few of them are asked for. */
export const lookLimit = 20_000;

/**
 * A page of rows, every one of them checked, and none missing between them nor before nor behind.
 * @throws IndexError "damaged" where that is not so.
 */
export async function readPage(
  store: Store,
  tally: Tally,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const { neighbour } = query;
  const known = tally.neighbours[neighbour];
  if (known === undefined) return { rows: [], next: undefined };
  const limit = Math.max(1, Math.min(query.limit ?? pageLimit, pageLimit));
  const begin = beginOf(query);
  const end: RowKey = { neighbour, hour: lastHourOf(query) + 1, ordinal: 0 };
  const before = await nearest(store, { neighbour, hour: 0, ordinal: 0 }, begin, true);
  let expected = before === undefined || before < known.first ? known.first : before + 1;
  const rows: HistoryRow[] = [];
  let looked = 0;
  const range = { from: keyBytes(tags.row, begin), to: keyBytes(tags.row, end) };
  for await (const [key, value] of store.entries(range)) {
    const at = readKey(key);
    if (at.ordinal < known.first) continue; // about to be removed for want of room
    if (rows.length >= limit || looked >= lookLimit) {
      return { rows, next: { hour: at.hour, ordinal: at.ordinal - 1 } };
    }
    if (at.ordinal !== expected) throw missing(neighbour, expected);
    const row = believed(key, value, readRow, `row ${expected} of neighbour ${neighbour}`);
    if (isAsked(row, query)) rows.push(row);
    expected += 1;
    looked += 1;
  }
  const ends = { neighbour, hour: 0xffff_ffff, ordinal: 0 };
  const behind = (await nearest(store, laterOf(begin, end), ends, false)) ?? known.next;
  if (behind >= known.first && behind !== expected) throw missing(neighbour, expected);
  // The hour that is not over: at most two rows for each class, beyond the limit of the page.
  return {
    rows: [...rows, ...openUsage(known).filter((row) => isAsked(row, query))],
    next: undefined,
  };
}

function missing(neighbour: number, ordinal: number): IndexError {
  const words = `row ${ordinal} of neighbour ${neighbour} is missing`;
  return new IndexError({ problem: "damaged", words });
}

/** Where to begin: at the hour asked for, or behind the cursor. */
function beginOf({ neighbour, from, after }: HistoryQuery): RowKey {
  if (after !== undefined) return { neighbour, hour: after.hour, ordinal: after.ordinal + 1 };
  return { neighbour, hour: from === undefined ? 0 : Math.max(0, hourOf(from)), ordinal: 0 };
}

function lastHourOf({ to }: HistoryQuery): number {
  return to === undefined ? 0xffff_fffe : Math.max(0, Math.min(hourOf(to), 0xffff_fffe));
}

function laterOf(a: RowKey, b: RowKey): RowKey {
  return a.hour > b.hour ? a : b;
}

/** The number of the first or last row of a range. */
async function nearest(
  store: Store,
  from: RowKey,
  to: RowKey,
  reverse: boolean,
): Promise<number | undefined> {
  const range = { from: keyBytes(tags.row, from), to: keyBytes(tags.row, to), limit: 1, reverse };
  for await (const [key] of store.entries(range)) return readKey(key).ordinal;
  return undefined;
}

/** Usage counts by its hour, everything else by its second. */
export function isAsked(
  row: HistoryRow,
  { from, to, kinds }: Pick<HistoryQuery, "from" | "to" | "kinds">,
): boolean {
  if (kinds !== undefined && !kinds.includes(row.kind)) return false;
  if (row.seconds === 0) return from === undefined;
  const at = row.kind === "usage" ? hourOf(row.seconds) * 3600 : row.seconds;
  const begin = from === undefined ? 0 : row.kind === "usage" ? hourOf(from) * 3600 : from;
  return at >= begin && (to === undefined || at < to);
}
