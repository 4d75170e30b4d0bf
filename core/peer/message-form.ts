import { optional } from "#core/identity/canonical-list.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { signingDigest } from "#core/identity/signature.ts";
import { leaseForm } from "#core/schedule/lease-form.ts";
import type { Permit } from "#core/settlement/dealings.ts";
import { voucherForm } from "#core/settlement/voucher-form.ts";
import {
  type Advert,
  type ChannelMessage,
  datagramLimit,
  type Hello,
  type LeaseMessage,
  type Message,
  type MessageHead,
  type Statement,
  type VoucherMessage,
} from "./message.ts";

/** The number of each kind of message on the wire. */
export const messageKinds = {
  HELLO: 1,
  LEASE: 2,
  VOUCHER: 3,
  STATEMENT: 4,
  ADVERT: 5,
  CHANNEL: 6,
} as const;

/** A message as a datagram. @throws RangeError above {@link datagramLimit}. */
export function encodeMessage(message: Message): Uint8Array {
  const bytes = formOf(message);
  if (bytes.length > datagramLimit) {
    throw new RangeError(`a datagram of ${bytes.length} bytes, at most ${datagramLimit}`);
  }
  return bytes;
}

/**
 * A VOUCHER as a datagram. Seven leases fit as long as leases number below 2^32, positions stay
 * below 2^56 bytes and totals below 2^90 grains; beyond, it says nothing of the last classes.
 */
export function encodeVoucher(message: VoucherMessage): Uint8Array {
  for (let shown = message.held.length; shown > 0; shown--) {
    const held = message.held.map((lease, i) => (i < shown ? lease : undefined));
    const bytes = formOf({ ...message, held });
    if (bytes.length <= datagramLimit) return bytes;
  }
  return encodeMessage({ ...message, held: message.held.map(() => undefined) });
}

/**
 * The version of a message's form: that of the protocol in which the form came. What did not change
 * since version 1 says 1 for ever, so that everybody reads it.
 */
export function messageVersion(message: Message): 1 | 2 {
  switch (message.type) {
    case "HELLO":
      return helloVersion(message);
    case "STATEMENT":
      return statementVersion(message);
    default:
      return 1;
  }
}

function helloVersion({ speaks }: Pick<Hello, "speaks">): 1 | 2 {
  return speaks === undefined ? 1 : 2;
}

function statementVersion({ echoes }: Pick<Statement, "echoes">): 1 | 2 {
  return echoes === undefined ? 1 : 2;
}

function formOf(message: Message): Uint8Array {
  const kind = [messageVersion(message), messageKinds[message.type]];
  return canonical([...kind, ...headFields(message), ...messageFields(message)]);
}

/** The sender, the journal it speaks from, and the one it speaks to, 0 for none. */
function headFields(head: MessageHead): readonly Field[] {
  return [fromHex(head.sender), head.from, head.to ?? 0];
}

function messageFields(message: Message): readonly Field[] {
  switch (message.type) {
    case "HELLO":
      return [...helloFields(message), message.signature];
    case "LEASE":
      return leaseMessageFields(message);
    case "VOUCHER":
      return voucherMessageFields(message);
    case "STATEMENT":
      return [...statementFields(message), message.signature];
    case "ADVERT":
      return [...advertFields(message), message.signature];
    case "CHANNEL":
      return [...channelFields(message), message.signature];
  }
}

function helloFields(hello: Omit<Hello, "signature">): readonly Field[] {
  const { terms } = hello;
  return [
    fromHex(hello.recipient),
    [hello.meetings, hello.answers, hello.met ? 1 : 0],
    hello.run,
    hello.heard,
    hello.classes,
    [
      terms.payThreshold,
      terms.creditLimit,
      terms.reservation,
      terms.readChunk,
      terms.priceCap,
      terms.allowance,
    ],
    hello.tunnelKey,
    fromHex(hello.channelId),
    ...speaksField(hello),
  ];
}

function speaksField({ speaks }: Pick<Hello, "speaks">): readonly Field[] {
  return speaks === undefined ? [] : [[speaks.oldest, speaks.newest, speaks.heard]];
}

function leaseMessageFields(message: LeaseMessage): readonly Field[] {
  const credited = message.credited === undefined ? [] : [voucherForm(message.credited)];
  return [message.class, message.leases.map(leaseForm), credited];
}

function voucherMessageFields(message: VoucherMessage): readonly Field[] {
  const held = message.held.map((lease) => (lease === undefined ? [] : [leaseForm(lease)]));
  return [message.voucher === undefined ? [] : [voucherForm(message.voucher)], held];
}

function statementFields(statement: Omit<Statement, "signature">): readonly Field[] {
  return [
    fromHex(statement.recipient),
    statement.counters.map((counter) => [counter.sent, counter.read]),
    ...(statement.echoes === undefined ? [] : [statement.echoes]),
  ];
}

function advertFields(advert: Omit<Advert, "signature">): readonly Field[] {
  const offers = advert.offers.map((offer) => [offer.destination, offer.class, offer.price]);
  return [fromHex(advert.recipient), advert.run, advert.count, offers];
}

function channelFields(message: Omit<ChannelMessage, "signature">): readonly Field[] {
  const permit = ({ total, signature }: Permit): Field => [total, signature];
  return [
    fromHex(message.recipient),
    fromHex(message.channelId),
    message.asked,
    optional(message.holds, permit),
    optional(message.permit, permit),
    message.ending ? 1 : 0,
    [message.totals.out, message.totals.in],
    optional(message.final, (signature) => signature),
    message.taken ? 1 : 0,
  ];
}

/** What the sender of a CHANNEL signs. */
export function channelDigest(message: Omit<ChannelMessage, "signature">): Uint8Array {
  return signingDigest("channel", [...headFields(message), ...channelFields(message)]);
}

/** What the sender of a HELLO signs: every field, the head first. */
export function helloDigest(hello: Omit<Hello, "signature">): Uint8Array {
  const fields = [...headFields(hello), ...helloFields(hello)];
  return signingDigest("hello", fields, helloVersion(hello));
}

/** What the sender of a STATEMENT signs. */
export function statementDigest(statement: Omit<Statement, "signature">): Uint8Array {
  const fields = [...headFields(statement), ...statementFields(statement)];
  return signingDigest("statement", fields, statementVersion(statement));
}

/** What the sender of an ADVERT signs. */
export function advertDigest(advert: Omit<Advert, "signature">): Uint8Array {
  return signingDigest("advert", [...headFields(advert), ...advertFields(advert)]);
}
