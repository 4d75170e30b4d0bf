import { furthestReservation } from "#core/rules/payer-rules.ts";
import { type AccountRules, shippedRules } from "../account/account-rules.ts";

/** A rule replaced by what somebody once thought would do. */
export interface AccountDefect {
  readonly name: string;
  readonly rules: AccountRules;
  /** The theorem that the explorer finds broken first. */
  readonly kills: string;
}

/** The naive designs of the protocol that are rules of one account. */
export const accountDefects: readonly AccountDefect[] = [
  {
    name: "delta vouchers",
    kills: "T5",
    rules: {
      ...shippedRules,
      credit: (a, payee, total) => ({ ...payee, credited: a.add(payee.credited, total) }),
    },
  },
  {
    name: "last voucher wins",
    kills: "T7",
    rules: { ...shippedRules, credit: (_, payee, total) => ({ ...payee, credited: total }) },
  },
  {
    name: "resume without leap",
    kills: "T1",
    rules: { ...shippedRules, leap: (_, payer) => payer },
  },
  {
    name: "count twice on restart",
    kills: "T1",
    rules: { ...shippedRules, resumeCounting: (a, payee, rx) => a.add(payee.read, rx) },
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
    name: "reservation not bounded by the chunk",
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
  {
    name: "send before journal: voucher",
    kills: "T5",
    rules: { ...shippedRules, totalToSay: (_, owed) => owed },
  },
  {
    name: "send before journal: lease",
    kills: "T1",
    rules: { ...shippedRules, endToOffer: (a, payee) => a.add(payee.granted, a.constant(1n)) },
  },
  {
    name: "send before journal: quota",
    kills: "T1",
    rules: {
      ...shippedRules,
      quotaToTell: (a, payer, reservation) =>
        furthestReservation(a, payer, { payThreshold: reservation, reservation }),
    },
  },
  {
    name: "retroactive price",
    kills: "T16",
    rules: { ...shippedRules, laterRise: (a) => a.constant(1n) },
  },
];
