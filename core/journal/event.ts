import type { Delivery } from "#core/account/delivery.ts";
import type { PayeeAccount } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import type { Terms } from "#core/account/terms.ts";
import type { Signature } from "#core/identity/signature.ts";
import type { MonitoredTheorem } from "#core/rules/invariants.ts";
import type { Lease } from "#core/schedule/lease.ts";
import type { Channel } from "#core/settlement/channel.ts";
import type { Dealings, Final, Permit } from "#core/settlement/dealings.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import type { JournalId } from "#core/units/journal-id.ts";
import type { Money, TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";

/** Which account of this node an event is about: a neighbour by its number, and a paid class. */
export interface AccountKey {
  /** Index of the neighbour in the order in which neighbours were added. */
  readonly neighbour: number;
  readonly class: PriceClass;
}

/**
 * What happened, past tense. The journal is the list of these and the state is their fold. Values
 * are absolute, never differences; no event carries a time (T10).
 */
export type LedgerEvent =
  | NodeEvent
  | NeighbourEvent
  | PayerEvent
  | PayeeEvent
  | PaymentEvent
  | DealingEvent
  | AlarmEvent
  | KeptEvent;

/** Of the node as a whole. */
export type NodeEvent =
  | { readonly type: "NodeOpened"; readonly node: NodeId; readonly journal: JournalId }
  /** The agent ran for the nth time. Numbers its HELLOs and ADVERTs. */
  | { readonly type: "AgentStarted"; readonly run: bigint };

/** Of one neighbour. */
export type NeighbourEvent =
  | {
      readonly type: "NeighbourAdded";
      readonly neighbour: number;
      readonly id: NodeId;
      /** How many accounts each way: paid classes, and a delivery account as the last. */
      readonly classes: number;
      readonly delivery?: Delivery;
    }
  /** The neighbour answered from a journal that we had not met: its first, or its disk was lost. */
  | { readonly type: "NeighbourMet"; readonly neighbour: number; readonly journal: JournalId }
  | { readonly type: "TermsSet"; readonly neighbour: number; readonly terms: Terms }
  | { readonly type: "ChannelSeen"; readonly neighbour: number; readonly channel: Channel }
  /** Grains: we never sign more than this to the neighbour, in all. */
  | { readonly type: "SpendingLimited"; readonly neighbour: number; readonly limit: Money };

/** Where we are the payer. */
export type PayerEvent =
  /** P6: a counter of unknown past, or the first: where it stands at `raw`, the position is r. */
  | (AccountKey & {
      readonly type: "PositionLeapt";
      readonly generation: string;
      readonly raw: bigint;
    })
  /** P5 */
  | (AccountKey & { readonly type: "LeaseAccepted"; readonly lease: Lease })
  /** P1, at the reading `sent`. */
  | (AccountKey & {
      readonly type: "BytesReserved";
      readonly reserved: Position;
      readonly sent: Position;
      readonly raw: bigint;
    })
  /** A reading of our own counter, journaled for the audit; no rule depends on it. */
  | (AccountKey & { readonly type: "SentRead"; readonly sent: Position; readonly raw: bigint })
  /** Our disk was lost: resumed at the end of the neighbour's latest lease. */
  | (AccountKey & { readonly type: "PayerRestored"; readonly lease: Lease });

/** Where we are the payee. */
export type PayeeEvent =
  /** Q5, or counting began: y stays, whatever was unread is forgiven. */
  | (AccountKey & {
      readonly type: "BytesForgiven";
      readonly generation: string;
      readonly raw: bigint;
    })
  /** Q3 */
  | (AccountKey & { readonly type: "BytesRead"; readonly read: Position; readonly raw: bigint })
  /** Q2 */
  | (AccountKey & { readonly type: "LeaseGranted"; readonly lease: Lease })
  /** The operator's price for leases to come. */
  | (AccountKey & { readonly type: "PriceSet"; readonly price: Price })
  /** Our disk was lost: resumed from our own lease, shown by the payer. */
  | (AccountKey & {
      readonly type: "PayeeRestored";
      readonly lease: Lease;
      /** y is taken to be here: where the lease says that the payer had paid to. */
      readonly read: Position;
    });

/** Of the one channel that both directions share. */
export type PaymentEvent =
  /** P3 */
  | { readonly type: "VoucherSigned"; readonly neighbour: number; readonly voucher: Voucher }
  /** Q1. `held` are the ends of the leases the payer then held, class 1 first. */
  | {
      readonly type: "VoucherCredited";
      readonly neighbour: number;
      readonly voucher: Voucher;
      readonly held: readonly Position[];
    }
  /** A valid voucher above the channel's capacity: kept, and credited when capacity grows. */
  | { readonly type: "VoucherHeld"; readonly neighbour: number; readonly voucher: Voucher };

/** What two neighbours agree about their channel beside vouchers. */
export type DealingEvent =
  /** We want to take out so much, in all. */
  | {
      readonly type: "WithdrawalAsked";
      readonly neighbour: number;
      readonly total: TokenUnits;
    }
  /** We signed that the neighbour may take out so much, in all. */
  | { readonly type: "PermitSigned"; readonly neighbour: number; readonly total: TokenUnits }
  /** Our own permit, shown by the neighbour: our disk was lost. */
  | { readonly type: "PermitRecalled"; readonly neighbour: number; readonly permit: Permit }
  /** The neighbour signed that we may. */
  | { readonly type: "PermitTaken"; readonly neighbour: number; readonly permit: Permit }
  /** From here on we sign nothing on this channel: it is to be closed together. */
  | { readonly type: "EndingBegun"; readonly neighbour: number }
  /** We signed the totals to close with, and credit nothing more on this channel. */
  | { readonly type: "FinalSigned"; readonly neighbour: number; readonly final: Final }
  /** The neighbour signed the same. */
  | {
      readonly type: "FinalTaken";
      readonly neighbour: number;
      readonly signature: Signature;
    };

/** Something that must not be. */
export type AlarmEvent =
  /** T23: two statements under the neighbour's key that contradict each other. */
  | {
      readonly type: "FraudProven";
      readonly neighbour: number;
      readonly fraud: Fraud;
      /** The two signed texts, as canonical bytes. */
      readonly evidence: readonly [Uint8Array, Uint8Array];
    }
  /** A monitor failed: from here on nothing is signed, granted or reserved for this neighbour. */
  | {
      readonly type: "InvariantBroken";
      readonly neighbour: number;
      readonly class: PriceClass;
      readonly theorem: MonitoredTheorem;
    };

/**
 * What all events before come down to, so that a journal can be read from here on and those before be
 * exported and removed. Where they are still there, these change nothing: they state what is.
 */
export type KeptEvent =
  | {
      readonly type: "HistoryKept";
      readonly node: NodeId;
      readonly journal: JournalId;
      readonly run: bigint;
      /** So many events follow that belong to it. */
      readonly parts: number;
    }
  | {
      readonly type: "NeighbourKept";
      readonly neighbour: number;
      readonly kept: KeptNeighbour;
    }
  /** `resets`: how often a counter of unknown past was met after the first (T8). */
  | (AccountKey & {
      readonly type: "PayerKept";
      readonly account: PayerAccount;
      readonly resets: bigint;
    })
  /** `resets`: how often unread bytes were forgiven after the first counter (T7). */
  | (AccountKey & {
      readonly type: "PayeeKept";
      readonly account: PayeeAccount;
      readonly resets: bigint;
    });

/** What is kept of a neighbour besides its accounts. */
export interface KeptNeighbour {
  readonly id: NodeId;
  readonly classes: number;
  readonly journal: JournalId | undefined;
  readonly meetings: bigint;
  readonly terms: Terms | undefined;
  readonly channel: Channel | undefined;
  readonly spendingLimit: Money | undefined;
  readonly signed: Voucher | undefined;
  readonly credited: Voucher | undefined;
  readonly held: Voucher | undefined;
  readonly dealings: Dealings;
  readonly delivery: Delivery | undefined;
  readonly frauds: readonly Fraud[];
  readonly broken: Extract<AlarmEvent, { readonly type: "InvariantBroken" }> | undefined;
}

/** What a neighbour can be proven to have done. */
export type Fraud = "two leases for one position" | "voucher beyond the schedule";
