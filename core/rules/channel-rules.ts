import type { Algebra } from "./algebra.ts";

/**
 * How much a party's vouchers are good for in all: what it deposited and what the other party has
 * signed to it. Deposits recirculate: two neighbours who pay each other need no new ones. `most` is
 * what a voucher can carry.
 */
export function capacity<I, B>(a: Algebra<I, B>, deposit: I, signedByTheOther: I, most: I): I {
  return a.min(a.add(deposit, signedByTheOther), most);
}

/** Q1, cover: a voucher counts once the channel holds what it promises. */
export function isCovered<I, B>(a: Algebra<I, B>, cumulative: I, capacityOfSigner: I): B {
  return a.atMost(cumulative, capacityOfSigner);
}
