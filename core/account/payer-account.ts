import { integers } from "#core/rules/algebra.ts";
import { type PayerInvariant, payerInvariants } from "#core/rules/invariants.ts";
import { resumePayer } from "#core/rules/lost-disk-rules.ts";
import { leap, type PayerView } from "#core/rules/payer-rules.ts";
import type { Lease } from "#core/schedule/lease.ts";
import {
  append,
  beginAt,
  due,
  emptySchedule,
  foldBefore,
  misfit,
  type Schedule,
  segmentLimit,
} from "#core/schedule/schedule.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import { type Counter, counterAt } from "./counter.ts";

/** What the payer keeps of one account, durably. Every field only grows. */
export interface PayerAccount {
  /** F as far as leases are held; its end is g. */
  readonly schedule: Schedule;
  /** The last lease, with the payee's signature: it restores the payee after a lost disk. */
  readonly latest: Lease | undefined;
  /** r: the kernel may send up to here. */
  readonly reserved: Position;
  /** v: signed away. */
  readonly signed: Money;
  /** x as last journaled: at restart the kernel says where it really stands. */
  readonly sent: Position;
  readonly counter: Counter | undefined;
}

/**
 * What must hold of an account. Where no lease is held there is no F to hold v against: after a
 * lost disk the signed total comes back first, each class's lease later.
 */
export function monitoredPayer(account: PayerAccount): readonly PayerInvariant[] {
  return account.schedule.leases === 0n ? [] : payerInvariants;
}

/** An account on which nothing has happened: a new object each time, see lockstep. */
export function newPayerAccount(): PayerAccount {
  return {
    schedule: emptySchedule(),
    latest: undefined,
    reserved: origin,
    signed: noMoney,
    sent: origin,
    counter: undefined,
  };
}

/** The account as the rules see it, with x from the live meter. */
export function payerView(account: PayerAccount, sent: Position): PayerView<bigint> {
  return {
    sent,
    reserved: account.reserved,
    leased: account.schedule.end,
    signed: account.signed,
  };
}

/**
 * P5 happened. Positions already paid for are folded away when prices changed often. A lease that
 * is not the next one changes nothing: a fold is total, and the audit objects to such an event.
 */
export function withLease(account: PayerAccount, lease: Lease): PayerAccount {
  if (misfit(account.schedule, lease) !== undefined) return account;
  const schedule = append(account.schedule, lease);
  const crowded = schedule.segments.length > segmentLimit;
  return {
    ...account,
    schedule: crowded ? foldBefore(schedule, account.sent) : schedule,
    latest: lease,
  };
}

/** P1 happened, at a reading of x. */
export function withReservation(
  account: PayerAccount,
  reserved: Position,
  sent: Position,
  raw: bigint,
): PayerAccount {
  return { ...withSent(account, sent, raw), reserved };
}

/** A reading of x was journaled. */
export function withSent(account: PayerAccount, sent: Position, raw: bigint): PayerAccount {
  const counter = account.counter === undefined ? undefined : { ...account.counter, raw };
  return { ...account, sent, counter };
}

/**
 * P6 happened: a counter of unknown past, which stands at `raw` now. All it ever counted lies
 * before r, because the kernel passes nothing beyond its quota (E3): the position is r from here on.
 */
export function withLeap(account: PayerAccount, generation: string, raw: bigint): PayerAccount {
  const sent = leap(integers, payerView(account, account.sent)).sent as Position;
  return { ...account, sent, counter: counterAt(generation, sent, raw) };
}

/** P3 happened. */
export function withSigned(account: PayerAccount, signed: Money): PayerAccount {
  return { ...account, signed };
}

/**
 * The payer had lost its disk: it resumes at the end of the payee's latest lease (protocol section
 * 5; costs at most L). Its signed total comes back by its own voucher.
 */
export function restoredPayer(account: PayerAccount, lease: Lease): PayerAccount {
  if (lease.to <= lease.from) return account; // a fold is total; nobody journals such an event
  const schedule = beginAt(lease);
  const resumed = resumePayer(payerView(account, account.sent), schedule.end);
  const at = resumed.sent as Position;
  const counter = account.counter;
  return {
    schedule,
    latest: lease,
    reserved: resumed.reserved as Position,
    signed: account.signed,
    sent: at,
    counter: counter === undefined ? undefined : counterAt(counter.generation, at, counter.raw),
  };
}

/** What the payer owes at x: F(x), as far as leases reach. */
export function owed(account: PayerAccount, sent: Position): Money {
  return due(account.schedule, sent);
}
