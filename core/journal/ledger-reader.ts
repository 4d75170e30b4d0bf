import type { Counter } from "#core/account/counter.ts";
import { type PayeeAccount, unacknowledgedLimit } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import { generationLimit } from "#core/meter/meter.ts";
import { readLease } from "#core/schedule/lease-form.ts";
import { type Schedule, segmentLimit } from "#core/schedule/schedule.ts";
import { readVoucher } from "#core/settlement/voucher-form.ts";
import { type JournalId, journalId, journalIdLimit } from "#core/units/journal-id.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import type { AlarmEvent } from "./event.ts";
import { frauds } from "./event-form.ts";
import { readChannel, readEvent, readNode, readTerms } from "./event-reader.ts";
import { type Ledger, type NeighbourLedger, neighbourLimit } from "./ledger.ts";
import { encodeLedger, ledgerFormat } from "./ledger-form.ts";

/**
 * Reads what {@link encodeLedger} wrote, and nothing else. @throws Malformed or RangeError
 */
export function decodeLedger(bytes: Uint8Array): Ledger {
  const reader = canonicalReader(bytes);
  reader.array(2, 2);
  const format = reader.small(255);
  if (format !== ledgerFormat) {
    throw new Malformed(`a ledger of format ${format}, known is ${ledgerFormat}`);
  }
  reader.array(4, 4);
  const ledger: Ledger = {
    node: readOptional(reader, readNode),
    journal: readJournal(reader),
    run: reader.integer(positionLimit),
    neighbours: readList(reader, neighbourLimit, readNeighbour),
  };
  reader.end();
  if (!sameBytes(encodeLedger(ledger), bytes)) throw new Malformed("a form nobody writes");
  return ledger;
}

function readNeighbour(reader: CanonicalReader): NeighbourLedger {
  reader.array(13, 13);
  return {
    id: readNode(reader),
    journal: readJournal(reader),
    meetings: reader.integer(positionLimit),
    terms: readOptional(reader, (one) => {
      one.array(6, 6);
      return readTerms(one);
    }),
    channel: readOptional(reader, (one) => {
      one.array(7, 7);
      return readChannel(one);
    }),
    spendingLimit: readOptional(reader, readMoney),
    outbound: readList(reader, priceClassLimit, readPayer),
    inbound: readList(reader, priceClassLimit, readPayee),
    signed: readOptional(reader, readVoucher),
    credited: readOptional(reader, readVoucher),
    held: readOptional(reader, readVoucher),
    frauds: readList(reader, frauds.length, (one) => {
      return frauds[one.small(frauds.length - 1)] ?? frauds[0];
    }),
    broken: readOptional(reader, readBroken),
  };
}

function readPayer(reader: CanonicalReader): PayerAccount {
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

function readPayee(reader: CanonicalReader): PayeeAccount {
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

function readBroken(reader: CanonicalReader): AlarmEvent {
  const event = readEvent(reader);
  if (event.type !== "InvariantBroken") throw new Malformed(`broken by ${event.type}`);
  return event;
}

function readJournal(reader: CanonicalReader): JournalId | undefined {
  const found = reader.small(journalIdLimit - 1);
  return found === 0 ? undefined : journalId(found);
}

function readMoney(reader: CanonicalReader): Money {
  return reader.integer(moneyLimit) as Money;
}

function readPosition(reader: CanonicalReader): Position {
  return reader.integer(positionLimit) as Position;
}

function readList<A>(reader: CanonicalReader, most: number, read: (reader: CanonicalReader) => A) {
  const count = reader.array(0, most);
  return Array.from({ length: count }, () => read(reader));
}

function readOptional<A>(reader: CanonicalReader, read: (reader: CanonicalReader) => A) {
  return reader.array(0, 1) === 0 ? undefined : read(reader);
}
