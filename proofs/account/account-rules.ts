import type { Algebra } from "#core/rules/algebra.ts";
import {
  credit,
  grant,
  isThrottled,
  mayGrant,
  type PayeeView,
  read,
} from "#core/rules/payee-rules.ts";
import {
  accept,
  leap,
  mayAccept,
  mayPay,
  mayReserve,
  type PayerView,
  pay,
  reserve,
} from "#core/rules/payer-rules.ts";

/**
 * The rules as the proofs call them: the shipped ones, one or two of them replaced by a defect. The
 * last four say what the shell does between a journal and a message, in which order.
 */
export interface AccountRules {
  readonly mayReserve: typeof mayReserve;
  readonly reserve: typeof reserve;
  readonly mayPay: typeof mayPay;
  readonly pay: typeof pay;
  readonly mayAccept: typeof mayAccept;
  readonly accept: typeof accept;
  readonly leap: typeof leap;
  readonly credit: typeof credit;
  readonly mayGrant: typeof mayGrant;
  readonly grant: typeof grant;
  readonly read: typeof read;
  readonly isThrottled: typeof isThrottled;
  /** Q5: where the payee goes on counting after its machine rebooted, at a kernel position. */
  readonly resumeCounting: <I, B>(a: Algebra<I, B>, payee: PayeeView<I>, rx: I) => I;
  /** The total in the next voucher; `owed` is F(x). */
  readonly totalToSay: <I>(payer: PayerView<I>, owed: I) => I;
  /** The lease end in the next LEASE. */
  readonly endToOffer: <I, B>(a: Algebra<I, B>, payee: PayeeView<I>) => I;
  /** The kernel's next quota. */
  readonly quotaToTell: <I, B>(a: Algebra<I, B>, payer: PayerView<I>, reservation: I) => I;
  /** By how much an agent raises the price of bytes that are leased already. */
  readonly laterRise: <I, B>(a: Algebra<I, B>) => I;
}

/** What ships: rules of the core, and messages that say what the journal says. */
export const shippedRules: AccountRules = {
  mayReserve,
  reserve,
  mayPay,
  pay,
  mayAccept,
  accept,
  leap,
  credit,
  mayGrant,
  grant,
  read,
  isThrottled,
  resumeCounting: (_, payee) => payee.read,
  totalToSay: (payer) => payer.signed,
  endToOffer: (_, payee) => payee.granted,
  quotaToTell: (_, payer) => payer.reserved,
  laterRise: (a) => a.constant(0n),
};
