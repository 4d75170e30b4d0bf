import type { Delivery } from "#core/account/delivery.ts";
import {
  newPayeeAccount,
  type PayeeAccount,
  restoredPayee,
  withCredit,
  withForgiveness,
  withGrant,
  withNewPayer,
  withPrice,
  withRead,
} from "#core/account/payee-account.ts";
import {
  newPayerAccount,
  type PayerAccount,
  restoredPayer,
  withLeap,
  withLease,
  withReservation,
  withSent,
  withSigned,
} from "#core/account/payer-account.ts";
import type { Terms } from "#core/account/terms.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { type Dealings, noDealings } from "#core/settlement/dealings.ts";
import { sum, type Voucher } from "#core/settlement/voucher.ts";
import { type JournalId, unnamedJournal } from "#core/units/journal-id.ts";
import { type Money, noMoney, type TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { origin } from "#core/units/position.ts";
import type {
  AccountKey,
  AlarmEvent,
  DealingEvent,
  Fraud,
  KeptEvent,
  KeptNeighbour,
  LedgerEvent,
  NeighbourEvent,
  PayeeEvent,
  PayerEvent,
  PaymentEvent,
} from "./event.ts";

/** Everything a node must not forget: the fold of its journal, nothing else. */
export interface Ledger {
  readonly node: NodeId | undefined;
  /** The name of this journal; nothing for one of before journals had names. */
  readonly journal: JournalId | undefined;
  /** How often the agent has been started. */
  readonly run: bigint;
  readonly neighbours: readonly NeighbourLedger[];
}

/** One neighbour's part of the ledger. */
export interface NeighbourLedger {
  readonly id: NodeId;
  /** The neighbour's journal that we met last. */
  readonly journal: JournalId | undefined;
  /** How many journals of the neighbour we have met. */
  readonly meetings: bigint;
  readonly terms: Terms | undefined;
  readonly channel: Channel | undefined;
  /** Grains, or nothing where the operator set no limit. */
  readonly spendingLimit: Money | undefined;
  /** Accounts on which we pay, class 1 first. */
  readonly outbound: readonly PayerAccount[];
  /** Accounts on which we are paid, class 1 first. */
  readonly inbound: readonly PayeeAccount[];
  /** Our best voucher. */
  readonly signed: Voucher | undefined;
  /** The neighbour's best voucher that the channel covers. */
  readonly credited: Voucher | undefined;
  /** A better one that it does not cover yet. */
  readonly held: Voucher | undefined;
  /** What was agreed about the channel in use beside vouchers. */
  readonly dealings: Dealings;
  /** The delivery account, the last one, if there is any. */
  readonly delivery: Delivery | undefined;
  /** Frauds of the neighbour that are proven and journaled. */
  readonly frauds: readonly Fraud[];
  /** A broken invariant: nothing more is done with this neighbour. */
  readonly broken: KeptNeighbour["broken"];
}

/** The ledger before its first event. */
export const emptyLedger: Ledger = { node: undefined, journal: undefined, run: 0n, neighbours: [] };

/** At most so many neighbours. */
export const neighbourLimit = 250;

/**
 * One event more. Total and pure: replaying any prefix any number of times gives the same state
 * (T9). An event about a neighbour that was never added changes nothing.
 */
export function evolve(ledger: Ledger, event: LedgerEvent): Ledger {
  switch (event.type) {
    case "NodeOpened":
      return {
        ...ledger,
        node: event.node,
        journal: event.journal === unnamedJournal ? undefined : event.journal,
      };
    case "AgentStarted":
      return { ...ledger, run: event.run };
    case "HistoryKept":
      return { ...ledger, node: event.node, journal: event.journal, run: event.run };
    case "NeighbourAdded":
      return {
        ...ledger,
        neighbours: [...ledger.neighbours, newNeighbour(event.id, event.classes, event.delivery)],
      };
    case "NeighbourKept":
      return withKeptNeighbour(ledger, event.neighbour, event.kept);
    default: {
      const before = ledger.neighbours[event.neighbour];
      if (before === undefined) return ledger;
      const neighbours = ledger.neighbours.slice();
      neighbours[event.neighbour] = evolveNeighbour(before, event);
      return { ...ledger, neighbours };
    }
  }
}

function newNeighbour(
  id: NodeId,
  classes: number,
  delivery: Delivery | undefined,
): NeighbourLedger {
  return {
    id,
    journal: undefined,
    meetings: 0n,
    terms: undefined,
    channel: undefined,
    spendingLimit: undefined,
    outbound: Array.from({ length: classes }, newPayerAccount),
    inbound: Array.from({ length: classes }, newPayeeAccount),
    signed: undefined,
    credited: undefined,
    held: undefined,
    dealings: noDealings(),
    delivery,
    frauds: [],
    broken: undefined,
  };
}

/** Restated: the next neighbour, or one that is known already and stays what it is. */
function withKeptNeighbour(ledger: Ledger, number: number, kept: KeptNeighbour): Ledger {
  if (number > ledger.neighbours.length) return ledger;
  const { classes, ...head } = kept;
  const before = ledger.neighbours[number] ?? newNeighbour(kept.id, classes, kept.delivery);
  const neighbours = ledger.neighbours.slice();
  neighbours[number] = { ...before, ...head };
  return { ...ledger, neighbours };
}

type OneNeighbourEvent =
  | Exclude<NeighbourEvent, { readonly type: "NeighbourAdded" }>
  | PayerEvent
  | PayeeEvent
  | PaymentEvent
  | DealingEvent
  | AlarmEvent
  | Extract<KeptEvent, AccountKey>;

function evolveNeighbour(before: NeighbourLedger, event: OneNeighbourEvent): NeighbourLedger {
  switch (event.type) {
    case "NeighbourMet":
      return {
        ...before,
        journal: event.journal,
        meetings: before.meetings + 1n,
        inbound: before.inbound.map(withNewPayer),
      };
    case "TermsSet":
      return { ...before, terms: event.terms };
    case "ChannelSeen":
      return withChannel(before, event.channel);
    case "SpendingLimited":
      return { ...before, spendingLimit: event.limit };
    case "VoucherSigned":
      return withSignedVoucher(before, event.voucher);
    case "VoucherCredited":
      return withCreditedVoucher(before, event);
    case "VoucherHeld":
      return { ...before, held: event.voucher };
    case "WithdrawalAsked":
    case "PermitSigned":
    case "PermitRecalled":
    case "PermitTaken":
    case "EndingBegun":
    case "FinalSigned":
    case "FinalTaken":
      return { ...before, dealings: evolveDealings(before.dealings, event) };
    case "FraudProven":
      return before.frauds.includes(event.fraud)
        ? before
        : { ...before, frauds: [...before.frauds, event.fraud] };
    case "InvariantBroken":
      return { ...before, broken: event };
    case "PayerKept":
      return withOutbound(before, event, () => event.account);
    case "PayeeKept":
      return withInbound(before, event, () => event.account);
    case "BytesForgiven":
    case "BytesRead":
    case "LeaseGranted":
    case "PriceSet":
    case "PayeeRestored":
      return withInbound(before, event, (account) => evolvePayee(account, event));
    default:
      return withOutbound(before, event, (account) => evolvePayer(account, event));
  }
}

function evolvePayer(account: PayerAccount, event: PayerEvent): PayerAccount {
  switch (event.type) {
    case "PositionLeapt":
      return withLeap(account, event.generation, event.raw);
    case "LeaseAccepted":
      return withLease(account, event.lease);
    case "BytesReserved":
      return withReservation(account, event.reserved, event.sent, event.raw);
    case "SentRead":
      return withSent(account, event.sent, event.raw);
    case "PayerRestored":
      return restoredPayer(account, event.lease);
  }
}

function evolvePayee(account: PayeeAccount, event: PayeeEvent): PayeeAccount {
  switch (event.type) {
    case "BytesForgiven":
      return withForgiveness(account, event.generation, event.raw);
    case "BytesRead":
      return withRead(account, event.read, event.raw);
    case "LeaseGranted":
      return withGrant(account, event.lease);
    case "PriceSet":
      return withPrice(account, event.price);
    case "PayeeRestored":
      return restoredPayee(account, event.lease, event.read);
  }
}

/** Vouchers and agreements belong to one channel; the totals of accounts go on over all of them. */
function withChannel(before: NeighbourLedger, channel: Channel): NeighbourLedger {
  if (before.channel === undefined || before.channel.channelId === channel.channelId) {
    return { ...before, channel };
  }
  const nothing = { signed: undefined, credited: undefined, held: undefined } as const;
  return { ...before, ...nothing, channel, dealings: noDealings() };
}

function evolveDealings(before: Dealings, event: DealingEvent): Dealings {
  switch (event.type) {
    case "WithdrawalAsked":
      return { ...before, asked: larger(before.asked, event.total) };
    case "PermitSigned":
      return { ...before, permitted: larger(before.permitted, event.total) };
    case "PermitRecalled":
      return { ...before, permitted: larger(before.permitted, event.permit.total) };
    case "PermitTaken":
      return {
        ...before,
        permit: event.permit,
        asked: larger(before.asked, event.permit.total),
      };
    case "EndingBegun":
      return { ...before, ending: true };
    case "FinalSigned":
      return { ...before, final: event.final };
    case "FinalTaken":
      return { ...before, finalTaken: event.signature };
  }
}

function larger(a: TokenUnits, b: TokenUnits): TokenUnits {
  return a > b ? a : b;
}

function withSignedVoucher(before: NeighbourLedger, voucher: Voucher): NeighbourLedger {
  const outbound = before.outbound.map((account, i) =>
    withSigned(account, voucher.totals[i] ?? account.signed),
  );
  return { ...before, outbound, signed: voucher };
}

function withCreditedVoucher(
  before: NeighbourLedger,
  event: Extract<PaymentEvent, { readonly type: "VoucherCredited" }>,
): NeighbourLedger {
  const inbound = before.inbound.map((account, i) =>
    withCredit(account, event.voucher.totals[i] ?? noMoney, event.held[i] ?? origin),
  );
  const covered = before.held !== undefined && sum(before.held.totals) <= sum(event.voucher.totals);
  const held = covered ? undefined : before.held;
  return { ...before, inbound, credited: event.voucher, held };
}

function withOutbound(
  before: NeighbourLedger,
  key: AccountKey,
  change: (account: PayerAccount) => PayerAccount,
): NeighbourLedger {
  return { ...before, outbound: replaced(before.outbound, key, change) };
}

function withInbound(
  before: NeighbourLedger,
  key: AccountKey,
  change: (account: PayeeAccount) => PayeeAccount,
): NeighbourLedger {
  return { ...before, inbound: replaced(before.inbound, key, change) };
}

function replaced<A>(accounts: readonly A[], key: AccountKey, change: (account: A) => A) {
  return accounts.map((account, i) => (i === key.class - 1 ? change(account) : account));
}
