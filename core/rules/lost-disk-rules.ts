import type { Algebra } from "./algebra.ts";
import type { PayeeView } from "./payee-rules.ts";
import type { PayerView } from "./payer-rules.ts";

/**
 * A payer that lost its disk may go on at the end of the payee's latest lease if that costs no more
 * than L beyond what its own vouchers say (protocol section 5). `dueAtEnd` is F(to).
 */
export function mayResumePayer<I, B>(
  a: Algebra<I, B>,
  payer: PayerView<I>,
  limit: I,
  dueAtEnd: I,
): B {
  return a.atMost(a.subtract(dueAtEnd, payer.signed), limit);
}

/** What follows: x, r and g are the lease's end, because nobody knows how far it was used. */
export function resumePayer<I>(payer: PayerView<I>, to: I): PayerView<I> {
  return { ...payer, sent: to, reserved: to, leased: to };
}

/**
 * A payee that lost its disk goes on from the lease that the payer shows: G is its end, and y where
 * the lease says that the payee had been paid to (T6).
 */
export function resumePayee<I>(payee: PayeeView<I>, to: I, settled: I): PayeeView<I> {
  return { ...payee, granted: to, read: settled };
}

/** Whether leases that came back are backed by the total that came with them: F(G) <= w + L (T7). */
export function isBacked<I, B>(a: Algebra<I, B>, credited: I, limit: I, dueAtEnd: I): B {
  return a.atMost(dueAtEnd, a.add(credited, limit));
}
