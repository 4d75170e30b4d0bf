import { readPayee, readPayer } from "#core/account/account-reader.ts";
import type { Delivery } from "#core/account/delivery.ts";
import { growthUnit, type Terms } from "#core/account/terms.ts";
import { readList, readOptional } from "#core/identity/canonical-list.ts";
import { type CanonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import { type Signature, signatureLength } from "#core/identity/signature.ts";
import { generationLimit } from "#core/meter/meter.ts";
import { readLease } from "#core/schedule/lease-form.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import { type Dealings, type Final, noDealings, type Permit } from "#core/settlement/dealings.ts";
import { readVoucher } from "#core/settlement/voucher-form.ts";
import {
  type JournalId,
  journalId,
  journalIdLimit,
  unnamedJournal,
} from "#core/units/journal-id.ts";
import { type Money, moneyLimit, type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { type PriceClass, priceClass, priceClassLimit } from "#core/units/price-class.ts";
import type { AccountKey, KeptNeighbour, LedgerEvent } from "./event.ts";
import { eventKinds, eventVersion, frauds, theorems } from "./event-form.ts";
import { neighbourLimit } from "./ledger.ts";

/** The longest signed text that is kept as evidence, in bytes. */
export const evidenceLimit = 1500;

/** The most parts of a restatement: each neighbour, and both accounts of each of its classes. */
const partLimit = neighbourLimit * (1 + 2 * priceClassLimit);

/** The newest version of any event. */
const eventVersionLimit = 2;

/** The most fields an event has, with kind and version. */
const fieldLimit = 14;

/** Reads one event. @throws Malformed or RangeError on anything {@link eventForm} would not write. */
export function readEvent(reader: CanonicalReader): LedgerEvent {
  const count = reader.array(3, fieldLimit);
  const kind = reader.small(255);
  const version = reader.small(255);
  if (version < 1 || version > eventVersionLimit) {
    throw new Malformed(`event kind ${kind} in version ${version}, known are 1 to 2`);
  }
  const [fields, event] = readFields(reader, kind, version, count);
  if (fields !== count - 2) throw new Malformed(`${count - 2} fields in an event of ${fields}`);
  if (eventVersion(event) !== version) {
    throw new Malformed(
      `event kind ${kind} in version ${version}, which it never had in this form`,
    );
  }
  return event;
}

/** How many fields, and the event. */
type Read = readonly [number, LedgerEvent];

function readFields(reader: CanonicalReader, kind: number, version: number, count: number): Read {
  switch (kind) {
    case eventKinds.NodeOpened:
      return version === 1
        ? [1, { type: "NodeOpened", node: readNode(reader), journal: unnamedJournal }]
        : [2, { type: "NodeOpened", node: readNode(reader), journal: readJournal(reader) }];
    case eventKinds.AgentStarted:
      return [1, { type: "AgentStarted", run: reader.integer(positionLimit) }];
    case eventKinds.NeighbourAdded:
      return readNeighbourAdded(reader, version);
    case eventKinds.NeighbourMet:
      return [2, { type: "NeighbourMet", ...readIndex(reader), journal: readJournal(reader) }];
    case eventKinds.TermsSet:
      return readTermsSet(reader, version, count);
    case eventKinds.ChannelSeen:
      return readChannelSeen(reader, version);
    case eventKinds.SpendingLimited:
      return [2, { type: "SpendingLimited", ...readIndex(reader), limit: readMoney(reader) }];
    case eventKinds.VoucherSigned:
      return [2, { type: "VoucherSigned", ...readIndex(reader), voucher: readVoucher(reader) }];
    case eventKinds.VoucherHeld:
      return [2, { type: "VoucherHeld", ...readIndex(reader), voucher: readVoucher(reader) }];
    case eventKinds.VoucherCredited: {
      const voucher = { ...readIndex(reader), voucher: readVoucher(reader) };
      return [3, { type: "VoucherCredited", ...voucher, held: readPositions(reader) }];
    }
    case eventKinds.WithdrawalAsked:
      return [2, { type: "WithdrawalAsked", ...readIndex(reader), total: readUnits(reader) }];
    case eventKinds.PermitSigned:
      return [2, { type: "PermitSigned", ...readIndex(reader), total: readUnits(reader) }];
    case eventKinds.PermitTaken:
      return [3, { type: "PermitTaken", ...readIndex(reader), permit: readPermit(reader) }];
    case eventKinds.PermitRecalled:
      return [3, { type: "PermitRecalled", ...readIndex(reader), permit: readPermit(reader) }];
    case eventKinds.EndingBegun:
      return [1, { type: "EndingBegun", ...readIndex(reader) }];
    case eventKinds.FinalSigned:
      return [3, { type: "FinalSigned", ...readIndex(reader), final: readFinal(reader) }];
    case eventKinds.FinalTaken:
      return [2, { type: "FinalTaken", ...readIndex(reader), signature: readSignature(reader) }];
    case eventKinds.HistoryKept: {
      const history = { node: readNode(reader), journal: readJournal(reader) };
      const run = reader.integer(positionLimit);
      return [4, { type: "HistoryKept", ...history, run, parts: reader.small(partLimit) }];
    }
    case eventKinds.NeighbourKept:
      return [2, { type: "NeighbourKept", ...readIndex(reader), kept: readHead(reader) }];
    case eventKinds.FraudProven:
      return [3, { type: "FraudProven", ...readFraud(reader) }];
    default:
      return readAccountFields(reader, kind);
  }
}

function readAccountFields(reader: CanonicalReader, kind: number): Read {
  const key = readKey(reader);
  switch (kind) {
    case eventKinds.PositionLeapt:
      return [4, { type: "PositionLeapt", ...key, ...readGeneration(reader) }];
    case eventKinds.LeaseAccepted:
      return [3, { type: "LeaseAccepted", ...key, lease: readLease(reader) }];
    case eventKinds.LeaseGranted:
      return [3, { type: "LeaseGranted", ...key, lease: readLease(reader) }];
    case eventKinds.PayerRestored:
      return [3, { type: "PayerRestored", ...key, lease: readLease(reader) }];
    case eventKinds.PayeeRestored: {
      const lease = readLease(reader);
      return [4, { type: "PayeeRestored", ...key, lease, read: readPosition(reader) }];
    }
    case eventKinds.BytesReserved: {
      const reserved = readPosition(reader);
      return [5, { type: "BytesReserved", ...key, reserved, ...readSent(reader) }];
    }
    case eventKinds.SentRead:
      return [4, { type: "SentRead", ...key, ...readSent(reader) }];
    case eventKinds.BytesForgiven:
      return [4, { type: "BytesForgiven", ...key, ...readGeneration(reader) }];
    case eventKinds.BytesRead: {
      const read = readPosition(reader);
      return [4, { type: "BytesRead", ...key, read, raw: readRaw(reader) }];
    }
    case eventKinds.PriceSet:
      return [3, { type: "PriceSet", ...key, price: price(reader.integer(priceLimit)) }];
    case eventKinds.PayerKept: {
      const account = readPayer(reader);
      return [4, { type: "PayerKept", ...key, account, resets: reader.integer(positionLimit) }];
    }
    case eventKinds.PayeeKept: {
      const account = readPayee(reader);
      return [4, { type: "PayeeKept", ...key, account, resets: reader.integer(positionLimit) }];
    }
    case eventKinds.InvariantBroken: {
      const theorem = theorems[reader.small(theorems.length - 1)] ?? "T1";
      return [3, { type: "InvariantBroken", ...key, theorem }];
    }
    default:
      throw new Malformed(`no event is of kind ${kind}`);
  }
}

function readIndex(reader: CanonicalReader): { readonly neighbour: number } {
  return { neighbour: reader.small(neighbourLimit - 1) };
}

function readKey(reader: CanonicalReader): AccountKey {
  const { neighbour } = readIndex(reader);
  const found = reader.small(priceClassLimit);
  if (found === 0) throw new Malformed("class 0 has no account");
  return { neighbour, class: priceClass(found) satisfies PriceClass };
}

/** A node id. */
export function readNode(reader: CanonicalReader): NodeId {
  return nodeId(toHex(reader.bytes(33, 33)));
}

/** What is kept of a neighbour besides its accounts, as `neighbourHead` wrote it. */
export function readHead(reader: CanonicalReader): KeptNeighbour {
  const count = reader.array(12, 14);
  const id = readNode(reader);
  const classes = reader.small(priceClassLimit);
  return {
    id,
    classes,
    journal: readOptionalJournal(reader),
    meetings: reader.integer(positionLimit),
    terms: readOptional(reader, (one) => {
      return readTerms(one, one.array(6, 10));
    }),
    channel: readOptional(reader, (one) => {
      return readChannel(one, one.array(7, 11));
    }),
    spendingLimit: readOptional(reader, readMoney),
    signed: readOptional(reader, readVoucher),
    credited: readOptional(reader, readVoucher),
    held: readOptional(reader, readVoucher),
    frauds: readList(reader, frauds.length, (one) => {
      return frauds[one.small(frauds.length - 1)] ?? frauds[0];
    }),
    broken: readOptional(reader, readBroken),
    dealings: count === 12 ? noDealings() : readDealings(reader),
    delivery: count === 14 ? readDelivery(reader, classes) : undefined,
  };
}

function readDealings(reader: CanonicalReader): Dealings {
  reader.array(6, 6);
  return {
    permitted: readUnits(reader),
    asked: readUnits(reader),
    permit: readOptional(reader, (one) => {
      one.array(2, 2);
      return readPermit(one);
    }),
    ending: reader.small(1) === 1,
    final: readOptional(reader, (one) => {
      one.array(2, 2);
      return readFinal(one);
    }),
    finalTaken: readOptional(reader, readSignature),
  };
}

function readPermit(reader: CanonicalReader): Permit {
  return { total: readUnits(reader), signature: readSignature(reader) };
}

function readFinal(reader: CanonicalReader): Final {
  return { out: readUnits(reader), in: readUnits(reader) };
}

function readUnits(reader: CanonicalReader): TokenUnits {
  return reader.integer(tokenUnitsLimit) as TokenUnits;
}

function readSignature(reader: CanonicalReader): Signature {
  return reader.bytes(signatureLength, signatureLength);
}

function readBroken(reader: CanonicalReader): NonNullable<KeptNeighbour["broken"]> {
  const event = readEvent(reader);
  if (event.type !== "InvariantBroken") throw new Malformed(`broken by ${event.type}`);
  return event;
}

/** The name of a journal, or nothing. */
export function readOptionalJournal(reader: CanonicalReader): JournalId | undefined {
  const found = reader.small(journalIdLimit - 1);
  return found === 0 ? undefined : journalId(found);
}

function readJournal(reader: CanonicalReader): JournalId {
  return journalId(reader.small(journalIdLimit - 1));
}

function readNeighbourAdded(reader: CanonicalReader, version: number): Read {
  const { neighbour } = readIndex(reader);
  const added = { neighbour, id: readNode(reader), classes: reader.small(priceClassLimit) };
  if (version === 1) return [3, { type: "NeighbourAdded", ...added }];
  const delivery = readDelivery(reader, added.classes);
  return [4, { type: "NeighbourAdded", ...added, delivery }];
}

function readDelivery(reader: CanonicalReader, classes: number): Delivery {
  reader.array(2, 2);
  const role = reader.small(1) === 1 ? "exit" : "client";
  const carrier = reader.small(priceClassLimit);
  if (carrier < 1 || carrier >= classes) throw new Malformed("delivery without a tunnel");
  return { role, carrier: priceClass(carrier) };
}

function readMoney(reader: CanonicalReader): Money {
  return reader.integer(moneyLimit) as Money;
}

function readPosition(reader: CanonicalReader): Position {
  return reader.integer(positionLimit) as Position;
}

function readRaw(reader: CanonicalReader): bigint {
  return reader.integer(positionLimit);
}

function readGeneration(reader: CanonicalReader) {
  const generation = reader.text(generationLimit);
  return { generation, raw: readRaw(reader) };
}

function readSent(reader: CanonicalReader) {
  const sent = readPosition(reader);
  return { sent, raw: readRaw(reader) };
}

function readPositions(reader: CanonicalReader): readonly Position[] {
  const count = reader.array(1, priceClassLimit);
  return Array.from({ length: count }, () => readPosition(reader));
}

function readTermsSet(reader: CanonicalReader, version: number, count: number): Read {
  const index = readIndex(reader);
  const fields = version === 1 ? 6 : count - 3;
  return [fields + 1, { type: "TermsSet", ...index, terms: readTerms(reader, fields) }];
}

/** Terms of so many fields, as `termsFields` wrote them. */
export function readTerms(reader: CanonicalReader, fields: number): Terms {
  if (fields !== 6 && fields !== 8 && fields !== 10)
    throw new Malformed(`terms of ${fields} fields`);
  const terms = {
    payThreshold: readMoney(reader),
    creditLimit: readMoney(reader),
    reservation: reader.integer(positionLimit),
    readChunk: reader.integer(positionLimit),
    priceCap: price(reader.integer(priceLimit)),
    allowance: reader.integer(positionLimit),
  };
  if (fields === 6) return terms;
  const growth = { share: reader.integer(growthUnit), ceiling: readMoney(reader) };
  if (growth.share > 0n && growth.ceiling < terms.creditLimit) {
    throw new Malformed("credit that grows down");
  }
  const grown = growth.share === 0n ? terms : { ...terms, growth };
  if (fields === 8) return grown;
  const tolerance = { share: reader.integer(growthUnit), bytes: reader.integer(positionLimit) };
  return { ...grown, tolerance };
}

function readChannelSeen(reader: CanonicalReader, version: number): Read {
  const index = readIndex(reader);
  const fields = version === 1 ? 7 : 11;
  const channel = readChannel(reader, fields);
  return [fields + 1, { type: "ChannelSeen", ...index, channel }];
}

/** A channel of so many fields, as `channelFields` wrote it. */
export function readChannel(reader: CanonicalReader, fields: number): Channel {
  if (fields !== 7 && fields !== 11) throw new Malformed(`a channel of ${fields} fields`);
  const channel = {
    channelId: toHex(reader.bytes(32, 32)),
    chainId: reader.integer(positionLimit),
    contract: toHex(reader.bytes(20, 20)),
    grainsPerUnit: reader.integer(positionLimit),
    depositIn: readUnits(reader),
    depositOut: readUnits(reader),
    open: reader.small(1) === 1,
  };
  if (fields === 7) return { ...channel, ...untouched };
  return {
    ...channel,
    withdrawnIn: readUnits(reader),
    withdrawnOut: readUnits(reader),
    settledIn: readUnits(reader),
    settledOut: readUnits(reader),
  };
}

function readFraud(reader: CanonicalReader) {
  const { neighbour } = readIndex(reader);
  const fraud = frauds[reader.small(frauds.length - 1)] ?? frauds[0];
  reader.array(2, 2);
  const first = reader.bytes(1, evidenceLimit);
  const second = reader.bytes(1, evidenceLimit);
  return { neighbour, fraud, evidence: [first, second] as const };
}
