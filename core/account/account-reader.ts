import { readList, readOptional } from "#core/identity/canonical-list.ts";
import type { CanonicalReader } from "#core/identity/canonical-reader.ts";
import { generationLimit } from "#core/meter/meter.ts";
import { readLease } from "#core/schedule/lease-form.ts";
import { type Schedule, segmentLimit } from "#core/schedule/schedule.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import type { Counter } from "./counter.ts";
import { type PayeeAccount, unacknowledgedLimit } from "./payee-account.ts";
import type { PayerAccount } from "./payer-account.ts";

/** Reads what `payerForm` wrote. @throws Malformed */
export function readPayer(reader: CanonicalReader): PayerAccount {
  reader.array(6, 6);
  return {
    schedule: readSchedule(reader),
    latest: readOptional(reader, readLease),
    reserved: readPosition(reader),
    signed: readMoney(reader),
    sent: readPosition(reader),
    counter: readOptional(reader, readCounter),
  };
}

/** Reads what `payeeForm` wrote. @throws Malformed */
export function readPayee(reader: CanonicalReader): PayeeAccount {
  reader.array(7, 7);
  return {
    schedule: readSchedule(reader),
    unacknowledged: readList(reader, unacknowledgedLimit, readLease),
    latest: readOptional(reader, readLease),
    credited: readMoney(reader),
    read: readPosition(reader),
    counter: readOptional(reader, readCounter),
    price: readOptional(reader, (one) => price(one.integer(priceLimit))),
  };
}

function readSchedule(reader: CanonicalReader): Schedule {
  reader.array(6, 6);
  return {
    leases: reader.integer(positionLimit),
    start: readPosition(reader),
    startDue: readMoney(reader),
    segments: readList(reader, 4 * segmentLimit, (one) => {
      one.array(3, 3);
      const from = readPosition(one);
      return { from, due: readMoney(one), price: price(one.integer(priceLimit)) };
    }),
    end: readPosition(reader),
    endDue: readMoney(reader),
  };
}

function readCounter(reader: CanonicalReader): Counter {
  reader.array(4, 4);
  const generation = reader.text(generationLimit);
  const below = reader.small(1) === 1;
  const size = reader.integer(positionLimit);
  return { generation, base: below ? -size : size, raw: reader.integer(positionLimit) };
}

function readMoney(reader: CanonicalReader): Money {
  return reader.integer(moneyLimit) as Money;
}

function readPosition(reader: CanonicalReader): Position {
  return reader.integer(positionLimit) as Position;
}
