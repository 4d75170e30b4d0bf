import type { Algebra, Curve } from "./algebra.ts";

/** The payer's side of an account, as the rules see it (protocol section 3). */
export interface PayerView<I> {
  /** x: how far the kernel has sent, as last read. */
  readonly sent: I;
  /** r: how far the kernel may send. Durable before the kernel learns of it. */
  readonly reserved: I;
  /** g: the end of the leases held. */
  readonly leased: I;
  /** v: the total signed away. */
  readonly signed: I;
}

/** The payer's constants: T in grains, c in bytes. */
export interface PayerTerms<I> {
  readonly payThreshold: I;
  readonly reservation: I;
}

/** P1: r may rise to `to` when r < to <= g and to <= x + c. */
export function mayReserve<I, B>(
  a: Algebra<I, B>,
  payer: PayerView<I>,
  terms: PayerTerms<I>,
  to: I,
): B {
  return a.and(
    a.below(payer.reserved, to),
    a.atMost(to, payer.leased),
    a.atMost(to, a.add(payer.sent, terms.reservation)),
  );
}

/** P1, what follows: r := to. */
export function reserve<I>(payer: PayerView<I>, to: I): PayerView<I> {
  return { ...payer, reserved: to };
}

/** The furthest position P1 allows: min(g, x + c). */
export function furthestReservation<I, B>(
  a: Algebra<I, B>,
  payer: PayerView<I>,
  terms: PayerTerms<I>,
): I {
  return a.min(payer.leased, a.add(payer.sent, terms.reservation));
}

/**
 * P3, its safety: the payer may sign v := F(at) for a position it has sent and holds a lease for,
 * if that is more than it has signed. No claim of the payee is an input (T22).
 */
export function mayPay<I, B>(a: Algebra<I, B>, f: Curve<I>, payer: PayerView<I>, at: I): B {
  return a.and(a.atMost(at, payer.sent), a.atMost(at, payer.leased), a.below(payer.signed, f(at)));
}

/** P3, its occasion: F(x) - v >= T, or out of lease. */
export function payIsDue<I, B>(
  a: Algebra<I, B>,
  f: Curve<I>,
  payer: PayerView<I>,
  terms: PayerTerms<I>,
  outOfLease: B,
): B {
  const owed = f(a.min(payer.sent, payer.leased));
  return a.or(a.atMost(a.add(payer.signed, terms.payThreshold), owed), outOfLease);
}

/** P3, what follows: v := F(at). */
export function pay<I>(f: Curve<I>, payer: PayerView<I>, at: I): PayerView<I> {
  return { ...payer, signed: f(at) };
}

/** P5: the next lease begins where the last one ends and is not empty. */
export function mayAccept<I, B>(a: Algebra<I, B>, payer: PayerView<I>, from: I, to: I): B {
  return a.and(a.atMost(from, payer.leased), a.atMost(payer.leased, from), a.below(from, to));
}

/** P5, what follows: g := to. */
export function accept<I>(payer: PayerView<I>, to: I): PayerView<I> {
  return { ...payer, leased: to };
}

/** P6: machine reboot or a new counter generation. The position leaps to r. */
export function leap<I, B>(a: Algebra<I, B>, payer: PayerView<I>): PayerView<I> {
  return { ...payer, sent: a.max(payer.sent, payer.reserved) };
}
