import { readOptional } from "#core/identity/canonical-list.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { signatureLength } from "#core/identity/signature.ts";
import { readLease } from "#core/schedule/lease-form.ts";
import type { Permit } from "#core/settlement/dealings.ts";
import { readVoucher } from "#core/settlement/voucher-form.ts";
import { journalId, journalIdLimit } from "#core/units/journal-id.ts";
import { type Money, moneyLimit, type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { type PriceClass, priceClass, priceClassLimit } from "#core/units/price-class.ts";
import {
  datagramLimit,
  destinationLimit,
  leasesPerMessage,
  type Message,
  type MessageHead,
  type Offer,
  offersPerMessage,
  type Speaks,
} from "./message.ts";
import { encodeMessage, messageKinds } from "./message-form.ts";
import { ourVersions, versionLimit } from "./version.ts";

/** Why bytes are not a message. */
export type DatagramRefusal =
  | "oversized datagram"
  | "malformed datagram"
  | "unknown protocol version"
  | "unknown kind of message";

/**
 * A message, or why the bytes are none. Never throws; refuses any form but the canonical one.
 * @param newest: the newest version that is understood.
 */
export function decodeMessage(
  bytes: Uint8Array,
  newest = ourVersions.newest,
): Message | DatagramRefusal {
  if (bytes.length > datagramLimit) return "oversized datagram";
  try {
    const reader = canonicalReader(bytes);
    reader.array(7, 16);
    const version = reader.small(versionLimit);
    if (version < 1 || version > newest) return "unknown protocol version";
    const kind = reader.small(255);
    if (kind < 1 || kind > 6) return "unknown kind of message";
    const message = readMessage(reader, kind, version);
    reader.end();
    return sameBytes(encodeMessage(message), bytes) ? message : "malformed datagram";
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return "malformed datagram";
    throw error;
  }
}

/** What a form of another version than was read would be written as is not canonical, and refused. */
function readMessage(reader: CanonicalReader, kind: number, version: number): Message {
  const head = readHead(reader);
  switch (kind) {
    case messageKinds.HELLO:
      return { type: "HELLO", ...head, ...readHello(reader, version) };
    case messageKinds.LEASE:
      return { type: "LEASE", ...head, ...readLeases(reader) };
    case messageKinds.VOUCHER: {
      const voucher = readOptional(reader, readVoucher);
      const count = reader.array(1, priceClassLimit);
      const held = Array.from({ length: count }, () => readOptional(reader, readLease));
      return { type: "VOUCHER", ...head, voucher, held };
    }
    case messageKinds.STATEMENT:
      return { type: "STATEMENT", ...head, ...readStatement(reader, version) };
    case messageKinds.ADVERT:
      return { type: "ADVERT", ...head, ...readAdvert(reader) };
    default:
      return { type: "CHANNEL", ...head, ...readChannel(reader) };
  }
}

function readHead(reader: CanonicalReader): MessageHead {
  const sender = readNode(reader);
  const from = journalId(reader.small(journalIdLimit - 1));
  const to = reader.small(journalIdLimit - 1);
  return { sender, from, to: to === 0 ? undefined : journalId(to) };
}

function readHello(reader: CanonicalReader, version: number) {
  const recipient = readNode(reader);
  reader.array(3, 3);
  const meetings = reader.integer(positionLimit);
  const answers = reader.integer(positionLimit);
  const met = reader.small(1) === 1;
  const run = reader.integer(positionLimit);
  const heard = reader.integer(positionLimit);
  const classes = reader.small(priceClassLimit);
  reader.array(6, 6);
  const terms = {
    payThreshold: reader.integer(moneyLimit) as Money,
    creditLimit: reader.integer(moneyLimit) as Money,
    reservation: reader.integer(positionLimit),
    readChunk: reader.integer(positionLimit),
    priceCap: price(reader.integer(priceLimit)),
    allowance: reader.integer(positionLimit),
  };
  const tunnelKey = reader.bytes(32, 32);
  const channelId = toHex(reader.bytes(32, 32));
  const speaks = version === 1 ? {} : { speaks: readSpeaks(reader) };
  const signature = readSignature(reader);
  const greeting = { recipient, meetings, answers, met, run, heard, classes };
  return { ...greeting, terms, tunnelKey, channelId, ...speaks, signature };
}

function readSpeaks(reader: CanonicalReader): Speaks {
  reader.array(3, 3);
  const oldest = reader.small(versionLimit);
  const newest = reader.small(versionLimit);
  if (oldest < 1 || newest < oldest) throw new Malformed("versions that nobody can speak");
  return { oldest, newest, heard: reader.small(versionLimit) };
}

function readLeases(reader: CanonicalReader) {
  const paidClass = readPaidClass(reader);
  const count = reader.array(0, leasesPerMessage);
  const leases = Array.from({ length: count }, () => readLease(reader));
  return { class: paidClass, leases, credited: readOptional(reader, readVoucher) };
}

function readStatement(reader: CanonicalReader, version: number) {
  const recipient = readNode(reader);
  const count = reader.array(1, priceClassLimit);
  const counters = Array.from({ length: count }, () => {
    reader.array(2, 2);
    const sent = reader.integer(positionLimit) as Position;
    return { sent, read: reader.integer(positionLimit) as Position };
  });
  const echoes = version === 1 ? {} : { echoes: readEchoes(reader, count) };
  return { recipient, counters, ...echoes, signature: readSignature(reader) };
}

function readEchoes(reader: CanonicalReader, count: number): readonly Position[] {
  reader.array(count, count);
  return Array.from({ length: count }, () => reader.integer(positionLimit) as Position);
}

function readAdvert(reader: CanonicalReader) {
  const recipient = readNode(reader);
  const run = reader.integer(positionLimit);
  const count = reader.integer(positionLimit);
  const lines = reader.array(0, offersPerMessage);
  const offers = Array.from({ length: lines }, (): Offer => {
    reader.array(3, 3);
    const destination = reader.text(destinationLimit);
    const paidClass = readPaidClass(reader);
    return { destination, class: paidClass, price: price(reader.integer(priceLimit)) };
  });
  return { recipient, run, count, offers, signature: readSignature(reader) };
}

function readChannel(reader: CanonicalReader) {
  const recipient = readNode(reader);
  const channelId = toHex(reader.bytes(32, 32));
  const asked = readUnits(reader);
  const holds = readOptional(reader, readPermit);
  const permit = readOptional(reader, readPermit);
  const ending = reader.small(1) === 1;
  reader.array(2, 2);
  const totals = { out: readUnits(reader), in: readUnits(reader) };
  const final = readOptional(reader, readSignature);
  const taken = reader.small(1) === 1;
  const said = { recipient, channelId, asked, holds, permit, ending, totals, final, taken };
  return { ...said, signature: readSignature(reader) };
}

function readPermit(reader: CanonicalReader): Permit {
  reader.array(2, 2);
  return { total: readUnits(reader), signature: readSignature(reader) };
}

function readUnits(reader: CanonicalReader): TokenUnits {
  return reader.integer(tokenUnitsLimit) as TokenUnits;
}

function readNode(reader: CanonicalReader): NodeId {
  return nodeId(toHex(reader.bytes(33, 33)));
}

function readSignature(reader: CanonicalReader): Uint8Array {
  return reader.bytes(signatureLength, signatureLength);
}

function readPaidClass(reader: CanonicalReader): PriceClass {
  const found = reader.small(priceClassLimit);
  if (found === 0) throw new Malformed("class 0 is not leased");
  return priceClass(found);
}
