import type { Algebra, Curve } from "./algebra.ts";
import type { PayeeView } from "./payee-rules.ts";
import type { PayerView } from "./payer-rules.ts";

/** The theorems that run as live monitors, from the same text that is proved. */
export type MonitoredTheorem = "T1" | "T5" | "T6" | "T7";

/** What must hold of the payer's own fields, always. */
export interface PayerInvariant {
  readonly theorem: MonitoredTheorem;
  readonly claim: string;
  readonly holds: <I, B>(a: Algebra<I, B>, f: Curve<I>, payer: PayerView<I>) => B;
}

/** What must hold of the payee's own fields, always. `limit` is L. */
export interface PayeeInvariant {
  readonly theorem: MonitoredTheorem;
  readonly claim: string;
  readonly holds: <I, B>(a: Algebra<I, B>, f: Curve<I>, payee: PayeeView<I>, limit: I) => B;
}

/** The payer's half of T1 and T5. */
export const payerInvariants: readonly PayerInvariant[] = [
  {
    theorem: "T1",
    claim: "x <= r <= g: nothing is sent that was not reserved, nothing reserved without a lease",
    holds: (a, _f, payer) =>
      a.and(a.atMost(payer.sent, payer.reserved), a.atMost(payer.reserved, payer.leased)),
  },
  {
    theorem: "T5",
    claim: "v <= F(r): nothing is signed away that was not at least reserved",
    holds: (a, f, payer) => a.atMost(payer.signed, f(payer.reserved)),
  },
];

/** The payee's half of T5, and T6 and T7. */
export const payeeInvariants: readonly PayeeInvariant[] = [
  {
    theorem: "T5",
    claim: "w <= F(G): nothing is credited that was never leased",
    holds: (a, f, payee) => a.atMost(payee.credited, f(payee.granted)),
  },
  {
    theorem: "T7",
    claim: "F(G) <= w + L: every lease is backed by payment and credit",
    holds: (a, f, payee, limit) => a.atMost(f(payee.granted), a.add(payee.credited, limit)),
  },
  {
    theorem: "T6",
    claim: "F(min(y, G)) <= w + L: who stays within its leases is never throttled",
    holds: (a, f, payee, limit) =>
      a.atMost(f(a.min(payee.read, payee.granted)), a.add(payee.credited, limit)),
  },
];
