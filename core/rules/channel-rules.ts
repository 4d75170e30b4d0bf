import type { Algebra } from "./algebra.ts";

/**
 * How much a party's vouchers are good for in all: what it has in the channel, and what the other
 * party has signed to it. Deposits recirculate: two neighbours who pay each other need no new ones.
 * `held` is its deposit less what it may take out; `most` is what a voucher can carry.
 */
export function capacity<I, B>(a: Algebra<I, B>, held: I, signedByTheOther: I, most: I): I {
  return a.max(a.constant(0n), a.min(a.add(held, signedByTheOther), most));
}

/** Q1, cover: a voucher counts once the channel holds what it promises. */
export function isCovered<I, B>(a: Algebra<I, B>, cumulative: I, capacityOfSigner: I): B {
  return a.atMost(cumulative, capacityOfSigner);
}

/** What a party of a channel knows of the other one's part, when it is asked for a permit. */
export interface PermitView<I> {
  /** What the other party deposited, in all. */
  readonly deposit: I;
  /** What we signed to it, and what we credited of its vouchers. */
  readonly signed: I;
  readonly credited: I;
}

/**
 * A permit to take out `total`, ever, may be signed for the other party where what we credited stays
 * in the channel: deposit - total + signed >= credited. With Q1 this gives the claim theorem.
 */
export function mayPermit<I, B>(a: Algebra<I, B>, view: PermitView<I>, total: I): B {
  return a.atMost(a.add(view.credited, total), a.add(view.deposit, view.signed));
}
