import { optional } from "#core/identity/canonical-list.ts";
import type { Field } from "#core/identity/canonical-writer.ts";
import { leaseForm } from "#core/schedule/lease-form.ts";
import type { Schedule } from "#core/schedule/schedule.ts";
import type { Counter } from "./counter.ts";
import type { PayeeAccount } from "./payee-account.ts";
import type { PayerAccount } from "./payer-account.ts";

/** An account on which we pay, by position. */
export function payerForm(account: PayerAccount): Field {
  return [
    scheduleForm(account.schedule),
    optional(account.latest, leaseForm),
    account.reserved,
    account.signed,
    account.sent,
    optional(account.counter, counterForm),
  ];
}

/** An account on which we are paid, by position. */
export function payeeForm(account: PayeeAccount): Field {
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
