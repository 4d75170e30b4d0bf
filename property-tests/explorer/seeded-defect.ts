import { type Rules, shippedRules } from "./small-model.ts";

/** A rule replaced by what somebody once thought would do. */
export interface SeededDefect {
  readonly name: string;
  readonly rules: Rules;
  /** The theorem that it breaks first. */
  readonly kills: string;
}

/** Each must be found by the explorer, or the explorer proves nothing. */
export const seededDefects: readonly SeededDefect[] = [
  {
    name: "delta vouchers: credited amounts are added",
    kills: "T5",
    rules: {
      ...shippedRules,
      credit: (a, payee, total) => ({ ...payee, credited: a.add(payee.credited, total) }),
    },
  },
  {
    name: "last voucher wins: a late one lowers the total",
    kills: "T7",
    rules: { ...shippedRules, credit: (_, payee, total) => ({ ...payee, credited: total }) },
  },
  {
    name: "resume without leap: the payer goes on at its last reading",
    kills: "T1",
    rules: { ...shippedRules, leap: (_, payer) => payer },
  },
  {
    name: "count twice on restart: the payee adds the raw counter again",
    kills: "T1",
    rules: { ...shippedRules, resumeReading: (payee, rx) => payee.read + rx },
  },
  {
    name: "reservation not bounded by the lease",
    kills: "T1",
    rules: {
      ...shippedRules,
      mayReserve: (a, payer, terms, to) =>
        a.and(a.below(payer.reserved, to), a.atMost(to, a.add(payer.sent, terms.reservation))),
    },
  },
  {
    name: "reservation chunk unbounded",
    kills: "T8",
    rules: {
      ...shippedRules,
      mayReserve: (a, payer, _, to) =>
        a.and(a.below(payer.reserved, to), a.atMost(to, payer.leased)),
    },
  },
  {
    name: "grant off by one",
    kills: "T7",
    rules: {
      ...shippedRules,
      mayGrant: (a, payee, limit, to, dueAtTo) =>
        a.and(
          a.below(payee.granted, to),
          a.atMost(dueAtTo, a.add(a.add(payee.credited, limit), a.constant(1n))),
        ),
    },
  },
  {
    name: "pay for the whole lease",
    kills: "T5",
    rules: {
      ...shippedRules,
      mayPay: (a, f, payer, at) => a.and(a.atMost(at, payer.leased), a.below(payer.signed, f(at))),
    },
  },
];
