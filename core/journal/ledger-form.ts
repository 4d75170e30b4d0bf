import type { Counter } from "#core/account/counter.ts";
import type { PayeeAccount } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { leaseForm } from "#core/schedule/lease-form.ts";
import type { Schedule } from "#core/schedule/schedule.ts";
import { voucherForm } from "#core/settlement/voucher-form.ts";
import { channelFields, eventForm, frauds, termsFields } from "./event-form.ts";
import type { Ledger, NeighbourLedger } from "./ledger.ts";

/** The version in which a ledger is written today. A snapshot of another one is not used. */
export const ledgerFormat = 1;

/**
 * A ledger as canonical bytes: equal ledgers are equal bytes, on every engine. For snapshots, for
 * digests of the state, and for what a rolled-up history comes down to.
 */
export function encodeLedger(ledger: Ledger): Uint8Array {
  return canonical([ledgerFormat, ledgerForm(ledger)]);
}

function ledgerForm(ledger: Ledger): Field {
  return [
    ledger.node === undefined ? [] : [fromHex(ledger.node)],
    ledger.journal ?? 0,
    ledger.run,
    ledger.neighbours.map(neighbourForm),
  ];
}

function neighbourForm(neighbour: NeighbourLedger): Field {
  const { terms, channel, spendingLimit, signed, credited, held, broken } = neighbour;
  return [
    fromHex(neighbour.id),
    neighbour.journal ?? 0,
    neighbour.meetings,
    optional(terms, termsFields),
    optional(channel, channelFields),
    optional(spendingLimit, (limit) => limit),
    neighbour.outbound.map(payerForm),
    neighbour.inbound.map(payeeForm),
    optional(signed, voucherForm),
    optional(credited, voucherForm),
    optional(held, voucherForm),
    neighbour.frauds.map((fraud) => frauds.indexOf(fraud)),
    optional(broken, eventForm),
  ];
}

function payerForm(account: PayerAccount): Field {
  return [
    scheduleForm(account.schedule),
    optional(account.latest, leaseForm),
    account.reserved,
    account.signed,
    account.sent,
    optional(account.counter, counterForm),
  ];
}

function payeeForm(account: PayeeAccount): Field {
  return [
    scheduleForm(account.schedule),
    account.unacknowledged.map(leaseForm),
    optional(account.latest, leaseForm),
    account.credited,
    account.read,
    optional(account.counter, counterForm),
    optional(account.price, (price) => price),
  ];
}

function scheduleForm(schedule: Schedule): Field {
  return [
    schedule.leases,
    schedule.start,
    schedule.startDue,
    schedule.segments.map(({ from, due, price }) => [from, due, price]),
    schedule.end,
    schedule.endDue,
  ];
}

/** A base may lie below zero: a counter that had run before the account began. */
function counterForm(counter: Counter): Field {
  const { generation, base, raw } = counter;
  return [generation, base < 0n ? 1 : 0, base < 0n ? -base : base, raw];
}

function optional<A>(value: A | undefined, form: (value: A) => Field): Field {
  return value === undefined ? [] : [form(value)];
}
