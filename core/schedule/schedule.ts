import { type Money, noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import { cost, type Price } from "#core/units/price.ts";
import type { LeaseTerms } from "./lease.ts";

/** A run of positions at one price: from `from` up to the next segment, or the schedule's end. */
interface Segment {
  readonly from: Position;
  /** F(from). */
  readonly due: Money;
  readonly price: Price;
}

/**
 * F, the price schedule of one account: the cumulative price of its positions, as far as leases
 * reach (protocol section 1). Append-only; leases of equal price melt into one segment, so memory
 * goes with the number of price changes, and {@link foldBefore} bounds that too.
 */
export interface Schedule {
  /** How many leases it was made of. */
  readonly leases: bigint;
  /** Where F is still known position by position; before it only F(start) is. */
  readonly start: Position;
  readonly startDue: Money;
  readonly segments: readonly Segment[];
  /** g at the payer, G at the payee: the end of the last lease. */
  readonly end: Position;
  /** F(end). */
  readonly endDue: Money;
}

/** How many price changes an account remembers before the oldest are folded away. */
export const segmentLimit = 64;

/** F of an account without leases. */
export function emptySchedule(): Schedule {
  return {
    leases: 0n,
    start: origin,
    startDue: noMoney,
    segments: [],
    end: origin,
    endDue: noMoney,
  };
}

/** Why a lease cannot be the next one. */
export type LeaseMisfit =
  | "lease already held"
  | "lease goes back"
  | "lease overlaps"
  | "lease leaves a gap"
  | "lease is empty"
  | "lease sum does not fit";

/** Whether a lease is the next one in order (T2: no gap, no overlap, the sum fits), or why not. */
export function misfit(schedule: Schedule, lease: LeaseTerms): LeaseMisfit | undefined {
  if (lease.to <= schedule.end && lease.number <= schedule.leases) return "lease already held";
  if (lease.to <= lease.from) return "lease is empty";
  if (lease.number <= schedule.leases) return "lease goes back";
  if (lease.from < schedule.end) return "lease overlaps";
  if (lease.from > schedule.end || lease.number !== schedule.leases + 1n) {
    return "lease leaves a gap";
  }
  return lease.due === schedule.endDue ? undefined : "lease sum does not fit";
}

/**
 * F with one more lease. F of every earlier position stays what it was (T2, T16).
 * @throws RangeError where {@link misfit} finds a reason.
 */
export function append(schedule: Schedule, lease: LeaseTerms): Schedule {
  const why = misfit(schedule, lease);
  if (why !== undefined) throw new RangeError(why);
  const last = schedule.segments[schedule.segments.length - 1];
  const segments =
    last?.price === lease.price
      ? schedule.segments
      : [...schedule.segments, { from: lease.from, due: lease.due, price: lease.price }];
  return {
    ...schedule,
    leases: lease.number,
    segments,
    end: lease.to,
    endDue: (lease.due + cost(lease.to - lease.from, lease.price)) as Money,
  };
}

/** F that begins with one lease and knows nothing before it: where a lost disk resumes. */
export function beginAt(lease: LeaseTerms): Schedule {
  const bare: Schedule = {
    ...emptySchedule(),
    leases: lease.number - 1n,
    start: lease.from,
    startDue: lease.due,
    end: lease.from,
    endDue: lease.due,
  };
  return append(bare, lease);
}

/**
 * F(at), in O(log n) over the segments. Beyond the end: F(end), because no price was agreed there.
 * Before the start: F(start), all that is still known.
 */
export function due(schedule: Schedule, at: Position): Money {
  if (at >= schedule.end) return schedule.endDue;
  if (at <= schedule.start) return schedule.startDue;
  const segment = segmentAt(schedule.segments, at);
  return (segment.due + cost(at - segment.from, segment.price)) as Money;
}

/** F carried on at the last price beyond the end: what enforcement holds against a cheat (Q4). */
export function dueBeyond(schedule: Schedule, at: Position): Money {
  const last = schedule.segments[schedule.segments.length - 1];
  if (at <= schedule.end || last === undefined) return due(schedule, at);
  return (schedule.endDue + cost(at - schedule.end, last.price)) as Money;
}

/** The furthest position n, not beyond the end, with F(n) <= total. */
export function reach(schedule: Schedule, total: Money): Position {
  if (total >= schedule.endDue) return schedule.end;
  if (total <= schedule.startDue) return schedule.start;
  let low = 0;
  let high = schedule.segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((schedule.segments[middle] as Segment).due <= total) low = middle;
    else high = middle - 1;
  }
  const segment = schedule.segments[low] as Segment;
  return (segment.from + (total - segment.due) / segment.price) as Position;
}

/** The price of the position after `at`, which is the next to be sent; nothing where none is leased. */
export function nextPrice(schedule: Schedule, at: Position): Price | undefined {
  if (at >= schedule.end || schedule.segments.length === 0) return undefined;
  return segmentAt(schedule.segments, at).price;
}

/** The dearest price of the positions from `at` to the end, or nothing where none are leased. */
export function dearest(schedule: Schedule, at: Position): Price | undefined {
  let found: Price | undefined;
  schedule.segments.forEach((segment, i) => {
    const to = schedule.segments[i + 1]?.from ?? schedule.end;
    if (to > at && (found === undefined || segment.price > found)) found = segment.price;
  });
  return found;
}

/** The price of the last lease. */
export function lastPrice(schedule: Schedule): Price | undefined {
  return schedule.segments[schedule.segments.length - 1]?.price;
}

/** Forgets F before a position. F from there on is unchanged. */
export function foldBefore(schedule: Schedule, at: Position): Schedule {
  if (at <= schedule.start) return schedule;
  const to = at < schedule.end ? at : schedule.end;
  const startDue = due(schedule, to);
  const kept = schedule.segments.filter(
    (_, i) =>
      (schedule.segments[i + 1]?.from ?? schedule.end) > to || i === schedule.segments.length - 1,
  );
  const segments = kept.map((segment) =>
    segment.from < to ? { from: to, due: startDue, price: segment.price } : segment,
  );
  return { ...schedule, start: to, startDue, segments };
}

/** The last segment that begins at or before a position. There is one: callers checked start. */
function segmentAt(segments: readonly Segment[], at: Position): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle] as Segment).from <= at) low = middle;
    else high = middle - 1;
  }
  return segments[low] as Segment;
}
