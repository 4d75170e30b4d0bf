import type { Algebra, Curve } from "./algebra.ts";

/** The payee's side of an account, as the rules see it (protocol section 3). */
export interface PayeeView<I> {
  /** y: how far the payee has read and journaled. */
  readonly read: I;
  /** G: the end of the leases signed. */
  readonly granted: I;
  /** w: the total credited. */
  readonly credited: I;
}

/** Q1, consistency: a voucher's total is at most F(G): nobody owes for what was never leased. */
export function fitsSchedule<I, B>(
  a: Algebra<I, B>,
  f: Curve<I>,
  payee: PayeeView<I>,
  total: I,
): B {
  return a.atMost(total, f(payee.granted));
}

/** Q1, what follows: w := max(w, total). A join, so order and repetition do not matter (T4). */
export function credit<I, B>(a: Algebra<I, B>, payee: PayeeView<I>, total: I): PayeeView<I> {
  return { ...payee, credited: a.max(payee.credited, total) };
}

/**
 * Q2: the next lease may reach `to`, at a sum of F(to), if F(to) <= w + L. `limit` is the credit
 * limit L. This is what bounds the exposure to any payer, honest or not (T7).
 */
export function mayGrant<I, B>(
  a: Algebra<I, B>,
  payee: PayeeView<I>,
  limit: I,
  to: I,
  dueAtTo: I,
): B {
  return a.and(a.below(payee.granted, to), a.atMost(dueAtTo, a.add(payee.credited, limit)));
}

/**
 * T24: a limit that grows by what is `grown`, as far as a ceiling. `grown` is at most kappa w and
 * never falls while w rises; so neither does the limit.
 */
export function grownLimit<I, B>(a: Algebra<I, B>, limit: I, grown: I, ceiling: I): I {
  return a.max(limit, a.min(a.add(limit, grown), ceiling));
}

/** Q2, what follows: G := to. */
export function grant<I>(payee: PayeeView<I>, to: I): PayeeView<I> {
  return { ...payee, granted: to };
}

/** Q3: y := max(y, position). Idempotent and monotone (T17). */
export function read<I, B>(a: Algebra<I, B>, payee: PayeeView<I>, position: I): PayeeView<I> {
  return { ...payee, read: a.max(payee.read, position) };
}

/** Q4: throttled iff F(y) > w + L. Nothing else, and never stored. */
export function isThrottled<I, B>(a: Algebra<I, B>, f: Curve<I>, payee: PayeeView<I>, limit: I): B {
  return a.below(a.add(payee.credited, limit), f(payee.read));
}

/**
 * T19: the position to enforce on where counters agree only up to a constant band: y* = max(0,
 * y - allowance). A constant that is only ever subtracted once never adds up.
 */
export function enforcedPosition<I, B>(a: Algebra<I, B>, position: I, allowance: I): I {
  return a.max(a.constant(0n), a.subtract(position, allowance));
}
