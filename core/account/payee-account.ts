import { integers } from "#core/rules/algebra.ts";
import { resumePayee } from "#core/rules/lost-disk-rules.ts";
import { credit, type PayeeView, read as readTo } from "#core/rules/payee-rules.ts";
import type { Lease } from "#core/schedule/lease.ts";
import {
  append,
  beginAt,
  due,
  emptySchedule,
  foldBefore,
  misfit,
  reach,
  type Schedule,
  segmentLimit,
} from "#core/schedule/schedule.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import { type Counter, counterAt } from "./counter.ts";

/** What the payee keeps of one account, durably. Every total only grows. */
export interface PayeeAccount {
  /** F of all leases signed; its end is G. */
  readonly schedule: Schedule;
  /** Leases the payer has not acknowledged with a credited voucher, oldest first. */
  readonly unacknowledged: readonly Lease[];
  /** The last lease: it restores the payer after a lost disk. */
  readonly latest: Lease | undefined;
  /** w: credited. */
  readonly credited: Money;
  /** y: read and journaled. */
  readonly read: Position;
  readonly counter: Counter | undefined;
  /** The price of leases to come, where the operator fixed one. */
  readonly price: Price | undefined;
}

/**
 * At most so many leases wait for an acknowledgement; until then no further one is granted. As many
 * as one LEASE carries, so that a payer without a disk sees G at once.
 */
export const unacknowledgedLimit = 6;

/** An account on which nothing has happened: a new object each time, see lockstep. */
export function newPayeeAccount(): PayeeAccount {
  return {
    schedule: emptySchedule(),
    unacknowledged: [],
    latest: undefined,
    credited: noMoney,
    read: origin,
    counter: undefined,
    price: undefined,
  };
}

/** The account as the rules see it. */
export function payeeView(account: PayeeAccount, read: Position = account.read): PayeeView<bigint> {
  return { read, granted: account.schedule.end, credited: account.credited };
}

/**
 * Q2 happened. When prices changed very often, F is forgotten up to what is paid: enforcement
 * never looks there, because F(y) <= w needs no further look. A lease that is not the next one
 * changes nothing: a fold is total, and the audit objects to such an event.
 */
export function withGrant(account: PayeeAccount, lease: Lease): PayeeAccount {
  if (misfit(account.schedule, lease) !== undefined) return account;
  const schedule = append(account.schedule, lease);
  return {
    ...account,
    schedule: schedule.segments.length > segmentLimit ? foldPaid(account, schedule) : schedule,
    unacknowledged: [...account.unacknowledged, lease],
    latest: lease,
  };
}

function foldPaid(account: PayeeAccount, schedule: Schedule): Schedule {
  return foldBefore(schedule, reach(schedule, account.credited));
}

/**
 * The furthest position that is known to be paid: F(settled) <= w <= v <= F(tx), so the payer has
 * sent that much. After a lost disk F is not known before the lease that came back; until w reaches
 * it, that lease says.
 */
export function settled(account: PayeeAccount): Position {
  const { schedule, credited, latest } = account;
  if (credited < schedule.startDue) return latest?.settled ?? origin;
  return reach(schedule, credited);
}

/**
 * The payer answers from a journal that we had not met: it may hold none of our leases any more.
 * The last one stands for all of them; those to come follow it.
 */
export function withNewPayer(account: PayeeAccount): PayeeAccount {
  return { ...account, unacknowledged: account.latest === undefined ? [] : [account.latest] };
}

/** Q1 happened; `held` is the end of the leases the payer then held. */
export function withCredit(account: PayeeAccount, credited: Money, held: Position): PayeeAccount {
  return {
    ...account,
    credited: credit(integers, payeeView(account), credited).credited as Money,
    unacknowledged: account.unacknowledged.filter((lease) => lease.to > held),
  };
}

/** Q3 happened: y, with the raw value it was read at. */
export function withRead(account: PayeeAccount, read: Position, raw: bigint): PayeeAccount {
  const counter = account.counter === undefined ? undefined : { ...account.counter, raw };
  const raised = readTo(integers, payeeView(account), read);
  return { ...account, read: raised.read as Position, counter };
}

/** Q5 happened, or counting began: the counter stands at `raw` where the account stands at y. */
export function withForgiveness(
  account: PayeeAccount,
  generation: string,
  raw: bigint,
): PayeeAccount {
  return { ...account, counter: counterAt(generation, account.read, raw) };
}

/** The operator set a price for leases to come. Leased positions keep theirs (T16). */
export function withPrice(account: PayeeAccount, price: Price): PayeeAccount {
  return { ...account, price };
}

/**
 * The payee had lost its disk: the payer showed the payee's own latest lease (protocol section 5).
 * What is owed before it comes back by the payer's voucher.
 */
export function restoredPayee(account: PayeeAccount, lease: Lease, read: Position): PayeeAccount {
  if (lease.to <= lease.from) return account; // a fold is total; nobody journals such an event
  const counter = account.counter;
  const schedule = beginAt(lease);
  const resumed = resumePayee(payeeView(account), schedule.end, read);
  return {
    ...account,
    schedule,
    unacknowledged: [],
    latest: lease,
    read: resumed.read as Position,
    counter: counter === undefined ? undefined : counterAt(counter.generation, read, counter.raw),
  };
}

/** What the payee expects at y: F(y), as far as leases reach. */
export function expected(account: PayeeAccount, read: Position): Money {
  return due(account.schedule, read);
}
