import type { Algebra } from "./algebra.ts";

/**
 * What arrived, with what the client accepts to have been lost on the way: a share of it (`lost`), and
 * a constant. Both only ever widen what is paid for, and neither depends on what the exit says.
 */
export function banded<I, B>(a: Algebra<I, B>, received: I, lost: I, bytes: I): I {
  return a.add(a.add(received, lost), bytes);
}

/**
 * D2: the client pays for what the exit states to have sent, as far as what arrived bears it out.
 * Beyond that it pays nothing and leaves the exit (T21: nobody can know who is right).
 */
export function payableDelivery<I, B>(a: Algebra<I, B>, stated: I, tolerated: I): I {
  return a.min(stated, tolerated);
}
