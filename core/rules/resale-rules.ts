import type { Algebra } from "./algebra.ts";

/**
 * How many of the bytes that are `wanted` downstream may be leased (T12): no more than what is held
 * upstream, from what is sent to the end of the leases, beyond what other leases `promised` already.
 */
export function coverable<I, B>(
  a: Algebra<I, B>,
  upstream: { readonly sent: I; readonly leased: I },
  promised: I,
  wanted: I,
): I {
  return a.min(a.subtract(a.subtract(upstream.leased, upstream.sent), promised), wanted);
}
