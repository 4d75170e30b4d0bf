import { payeeForm, payerForm } from "#core/account/account-form.ts";
import type { Delivery } from "#core/account/delivery.ts";
import type { Terms } from "#core/account/terms.ts";
import { optional } from "#core/identity/canonical-list.ts";
import type { Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { isUnnamed } from "#core/schedule/lease.ts";
import { leaseForm } from "#core/schedule/lease-form.ts";
import { type Channel, isUntouched } from "#core/settlement/channel.ts";
import { type Dealings, isWithoutDealings } from "#core/settlement/dealings.ts";
import { voucherForm } from "#core/settlement/voucher-form.ts";
import { unnamedJournal } from "#core/units/journal-id.ts";
import type { KeptNeighbour, LedgerEvent } from "./event.ts";

/** The number of each kind of event in the journal. Never reused, never renumbered. */
export const eventKinds = {
  NodeOpened: 1,
  AgentStarted: 2,
  NeighbourAdded: 3,
  TermsSet: 4,
  ChannelSeen: 5,
  SpendingLimited: 6,
  NeighbourMet: 7,
  PositionLeapt: 10,
  LeaseAccepted: 11,
  BytesReserved: 12,
  SentRead: 13,
  PayerRestored: 14,
  BytesForgiven: 20,
  BytesRead: 21,
  LeaseGranted: 22,
  PriceSet: 23,
  PayeeRestored: 24,
  VoucherSigned: 30,
  VoucherCredited: 31,
  VoucherHeld: 32,
  WithdrawalAsked: 33,
  PermitSigned: 34,
  PermitTaken: 35,
  EndingBegun: 36,
  FinalSigned: 37,
  FinalTaken: 38,
  PermitRecalled: 39,
  FraudProven: 40,
  InvariantBroken: 41,
  HistoryKept: 50,
  NeighbourKept: 51,
  PayerKept: 52,
  PayeeKept: 53,
} as const satisfies Record<LedgerEvent["type"], number>;

/**
 * The version of an event's form. Version 2 of some came with journals that have names, of others
 * with channels that money is taken out of; what was written before keeps its form and its meaning
 * for ever.
 */
export function eventVersion(event: LedgerEvent): 1 | 2 {
  switch (event.type) {
    case "NodeOpened":
      return event.journal === unnamedJournal ? 1 : 2;
    case "LeaseAccepted":
    case "LeaseGranted":
    case "PayerRestored":
    case "PayeeRestored":
      return isUnnamed(event.lease) ? 1 : 2;
    case "ChannelSeen":
      return isUntouched(event.channel) ? 1 : 2;
    case "TermsSet":
      return isPlainTerms(event.terms) ? 1 : 2;
    case "NeighbourAdded":
      return event.delivery === undefined ? 1 : 2;
    case "NeighbourKept":
      return isPlain(event.kept) ? 1 : 2;
    default:
      return 1;
  }
}

/** Whether terms are what HELLO tells, and nothing more. */
function isPlainTerms({ growth, tolerance }: Terms): boolean {
  return growth === undefined && tolerance === undefined;
}

/** Whether a neighbour's channel is one that was only ever paid over, and the first. */
function isPlain({ channel, dealings, terms, delivery }: KeptNeighbour): boolean {
  if (delivery !== undefined || (terms !== undefined && !isPlainTerms(terms))) return false;
  return (channel === undefined || isUntouched(channel)) && isWithoutDealings(dealings);
}

/** The frauds that can be proven, by number. */
export const frauds = ["two leases for one position", "voucher beyond the schedule"] as const;

/** The monitored theorems, by number. */
export const theorems = ["T1", "T5", "T6", "T7"] as const;

/** An event as an array: kind, version, then its fields by position. */
export function eventForm(event: LedgerEvent): Field {
  return [eventKinds[event.type], eventVersion(event), ...eventFields(event)];
}

function eventFields(event: LedgerEvent): readonly Field[] {
  switch (event.type) {
    case "NodeOpened":
      return event.journal === unnamedJournal
        ? [fromHex(event.node)]
        : [fromHex(event.node), event.journal];
    case "AgentStarted":
      return [event.run];
    case "NeighbourAdded":
      return [
        event.neighbour,
        fromHex(event.id),
        event.classes,
        ...(event.delivery === undefined ? [] : [deliveryForm(event.delivery)]),
      ];
    case "NeighbourMet":
      return [event.neighbour, event.journal];
    case "TermsSet":
      return [event.neighbour, ...termsFields(event.terms)];
    case "ChannelSeen":
      return [event.neighbour, ...channelFields(event.channel)];
    case "SpendingLimited":
      return [event.neighbour, event.limit];
    case "LeaseAccepted":
    case "LeaseGranted":
    case "PayerRestored":
      return [event.neighbour, event.class, leaseForm(event.lease)];
    case "PayeeRestored":
      return [event.neighbour, event.class, leaseForm(event.lease), event.read];
    case "BytesReserved":
      return [event.neighbour, event.class, event.reserved, event.sent, event.raw];
    case "SentRead":
      return [event.neighbour, event.class, event.sent, event.raw];
    case "PositionLeapt":
    case "BytesForgiven":
      return [event.neighbour, event.class, event.generation, event.raw];
    case "BytesRead":
      return [event.neighbour, event.class, event.read, event.raw];
    case "PriceSet":
      return [event.neighbour, event.class, event.price];
    case "VoucherSigned":
    case "VoucherHeld":
      return [event.neighbour, voucherForm(event.voucher)];
    case "VoucherCredited":
      return [event.neighbour, voucherForm(event.voucher), event.held];
    case "WithdrawalAsked":
    case "PermitSigned":
      return [event.neighbour, event.total];
    case "PermitRecalled":
    case "PermitTaken":
      return [event.neighbour, event.permit.total, event.permit.signature];
    case "EndingBegun":
      return [event.neighbour];
    case "FinalSigned":
      return [event.neighbour, event.final.out, event.final.in];
    case "FinalTaken":
      return [event.neighbour, event.signature];
    case "FraudProven":
      return [event.neighbour, frauds.indexOf(event.fraud), event.evidence];
    case "InvariantBroken":
      return [event.neighbour, event.class, theorems.indexOf(event.theorem)];
    case "HistoryKept":
      return [fromHex(event.node), event.journal, event.run, event.parts];
    case "NeighbourKept":
      return [event.neighbour, neighbourHead(event.kept)];
    case "PayerKept":
      return [event.neighbour, event.class, payerForm(event.account), event.resets];
    case "PayeeKept":
      return [event.neighbour, event.class, payeeForm(event.account), event.resets];
  }
}

/** What is kept of a neighbour besides its accounts, by position. */
export function neighbourHead(kept: KeptNeighbour): Field {
  const { terms, channel, spendingLimit, signed, credited, held, broken } = kept;
  const { dealings, delivery } = kept;
  return [
    fromHex(kept.id),
    kept.classes,
    kept.journal ?? 0,
    kept.meetings,
    optional(terms, termsFields),
    optional(channel, channelFields),
    optional(spendingLimit, (limit) => limit),
    optional(signed, voucherForm),
    optional(credited, voucherForm),
    optional(held, voucherForm),
    kept.frauds.map((fraud) => frauds.indexOf(fraud)),
    optional(broken, eventForm),
    ...(isWithoutDealings(dealings) && delivery === undefined ? [] : [dealingsForm(dealings)]),
    ...(delivery === undefined ? [] : [deliveryForm(delivery)]),
  ];
}

/** A delivery account by position: whether we are the exit, and what carries it. */
function deliveryForm({ role, carrier }: Delivery): Field {
  return [role === "exit" ? 1 : 0, carrier];
}

/** Terms by position. */
export function termsFields(terms: Terms): readonly Field[] {
  return [
    terms.payThreshold,
    terms.creditLimit,
    terms.reservation,
    terms.readChunk,
    terms.priceCap,
    terms.allowance,
    ...(isPlainTerms(terms) ? [] : [terms.growth?.share ?? 0n, terms.growth?.ceiling ?? 0n]),
    ...(terms.tolerance === undefined ? [] : [terms.tolerance.share, terms.tolerance.bytes]),
  ];
}

/** A channel by position. */
export function channelFields(channel: Channel): readonly Field[] {
  return [
    fromHex(channel.channelId),
    channel.chainId,
    fromHex(channel.contract),
    channel.grainsPerUnit,
    channel.depositIn,
    channel.depositOut,
    channel.open ? 1 : 0,
    ...(isUntouched(channel) ? [] : pastFields(channel)),
  ];
}

function pastFields(channel: Channel): readonly Field[] {
  return [channel.withdrawnIn, channel.withdrawnOut, channel.settledIn, channel.settledOut];
}

/** Dealings by position. */
export function dealingsForm(dealings: Dealings): Field {
  return [
    dealings.permitted,
    dealings.asked,
    optional(dealings.permit, ({ total, signature }) => [total, signature]),
    dealings.ending ? 1 : 0,
    optional(dealings.final, (final) => [final.out, final.in]),
    optional(dealings.finalTaken, (signature) => signature),
  ];
}
