import type { Algebra, Curve } from "#core/rules/algebra.ts";
import { payeeInvariants, payerInvariants } from "#core/rules/invariants.ts";
import {
  credit,
  fitsSchedule,
  grant,
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
  type PayerTerms,
  type PayerView,
  pay,
  reserve,
} from "#core/rules/payer-rules.ts";

/** Both sides of one account and the truth between them, in numbers small enough to enumerate. */
export interface Account {
  readonly payer: PayerView<number>;
  readonly payee: PayeeView<number>;
  /** Truth: the kernel's positions. */
  readonly tx: number;
  readonly rx: number;
  /** Truth: bytes really sent, and c for every reboot of the payer. */
  readonly bytes: number;
  readonly leapt: number;
}

/** The rules as the explorer calls them: the shipped ones, or one of them replaced by a defect. */
export interface Rules {
  readonly mayReserve: typeof mayReserve<number, boolean>;
  readonly mayPay: typeof mayPay<number, boolean>;
  readonly leap: typeof leap<number, boolean>;
  readonly mayGrant: typeof mayGrant<number, boolean>;
  readonly credit: typeof credit<number, boolean>;
  /** The position at which the payee goes on counting after its machine rebooted (Q5). */
  readonly resumeReading: (payee: PayeeView<number>, rx: number) => number;
}

/** What ships. */
export const shippedRules: Rules = {
  mayReserve,
  mayPay,
  leap,
  mayGrant,
  credit,
  resumeReading: (payee) => payee.read,
};

/** The algebra that enumerates: small numbers, exact far below 2^53. */
export const numbers: Algebra<number, boolean> = {
  constant: (value) => Number(value),
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  max: (a, b) => (a > b ? a : b),
  min: (a, b) => (a < b ? a : b),
  atMost: (a, b) => a <= b,
  below: (a, b) => a < b,
  and: (...all) => all.every(Boolean),
  or: (...any) => any.some(Boolean),
  not: (a) => !a,
};

/** How large the enumerated world is. */
export interface Scope {
  /** The price of each position; positions beyond cost what the last one costs. */
  readonly prices: readonly number[];
  readonly creditLimit: number;
  readonly terms: PayerTerms<number>;
  /** Reboots of the payer. */
  readonly reboots: number;
}

/** F of a scope. */
export function curveOf(prices: readonly number[]): Curve<number> {
  const last = prices[prices.length - 1] ?? 1;
  const sums = [0];
  for (const price of prices) sums.push((sums[sums.length - 1] ?? 0) + price);
  const end = sums[prices.length] ?? 0;
  return (at) => (at <= 0 ? 0 : (sums[at] ?? end + (at - prices.length) * last));
}

/** Where it all begins. */
export const fresh: Account = {
  payer: { sent: 0, reserved: 0, leased: 0, signed: 0 },
  payee: { read: 0, granted: 0, credited: 0 },
  tx: 0,
  rx: 0,
  bytes: 0,
  leapt: 0,
};

/** Everything that can happen next. `m` ranges over all values the scope has. */
export function successors(
  rules: Rules,
  scope: Scope,
  f: Curve<number>,
  s: Account,
): readonly (readonly [string, Account])[] {
  const a = numbers;
  const n = scope.prices.length;
  const found: (readonly [string, Account])[] = [];
  const { payer, payee, tx, rx } = s;
  const top = Math.max(n, payer.reserved, tx) + n;
  for (let m = 0; m <= top; m++) {
    // The world: bytes pass the quota, arrive or get lost, counters are looked at.
    if (m > 0 && tx + m <= payer.reserved) {
      found.push([`send ${m}`, { ...s, tx: tx + m, bytes: s.bytes + m }]);
    }
    if (rx < m && m <= tx) found.push([`arrive ${m}`, { ...s, rx: m }]);
    if (payer.sent < m && m <= tx) {
      found.push([`look ${m}`, { ...s, payer: { ...payer, sent: m } }]);
    }
    if (payee.read < m && m <= rx) found.push([`read ${m}`, { ...s, payee: read(a, payee, m) }]);
    // P1, P3, P5
    if (rules.mayReserve(a, payer, scope.terms, m)) {
      found.push([`reserve ${m}`, { ...s, payer: reserve(payer, m) }]);
    }
    if (rules.mayPay(a, f, payer, m)) found.push([`pay ${m}`, { ...s, payer: pay(f, payer, m) }]);
    if (m <= payee.granted && mayAccept(a, payer, payer.leased, m)) {
      found.push([`accept ${m}`, { ...s, payer: accept(payer, m) }]);
    }
    // Q1 for every total the payer may ever have signed, in any order; Q2
    if (m <= payer.signed && fitsSchedule(a, f, payee, m)) {
      found.push([`credit ${m}`, { ...s, payee: rules.credit(a, payee, m) }]);
    }
    if (rules.mayGrant(a, payee, scope.creditLimit, m, f(m))) {
      found.push([`grant ${m}`, { ...s, payee: grant(payee, m) }]);
    }
  }
  const leapt = rules.leap(a, payer);
  const rebooted = { ...s, payer: leapt, tx: leapt.sent, leapt: s.leapt + scope.terms.reservation };
  found.push(["payer reboots", rebooted]);
  found.push(["payee reboots", { ...s, rx: rules.resumeReading(payee, rx) }]);
  return found;
}

/** What must hold everywhere: the shipped invariants, and those that need the truth. */
export function brokenTheorem(scope: Scope, f: Curve<number>, s: Account): string | undefined {
  const { payer, payee } = s;
  const bounded = s.bytes + s.leapt;
  const truths: readonly (readonly [string, boolean])[] = [
    ["T1", payee.read <= s.rx && s.rx <= s.tx && s.tx <= payer.reserved],
    ["T1", payer.sent <= s.tx && payer.reserved <= payer.leased && payer.leased <= payee.granted],
    ["T3", f(payee.read) <= f(s.tx)],
    ["T5", 0 <= payee.credited && payee.credited <= payer.signed && payer.signed <= f(s.tx)],
    ["T6", f(payee.read) <= payee.credited + scope.creditLimit],
    ["T8", s.tx <= bounded && payer.signed <= f(bounded)],
  ];
  return (
    truths.find(([, holds]) => !holds)?.[0] ??
    payerInvariants.find((one) => !one.holds(numbers, f, payer))?.theorem ??
    payeeInvariants.find((one) => !one.holds(numbers, f, payee, scope.creditLimit))?.theorem
  );
}
