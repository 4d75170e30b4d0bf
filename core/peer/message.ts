import type { Terms } from "#core/account/terms.ts";
import type { Signature } from "#core/identity/signature.ts";
import type { Lease } from "#core/schedule/lease.ts";
import type { Final, Permit } from "#core/settlement/dealings.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import type { JournalId } from "#core/units/journal-id.ts";
import type { TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Versions } from "./version.ts";

/** The largest datagram in bytes: fits every tunnel without fragments. */
export const datagramLimit = 1200;

/** At most so many leases in one LEASE. */
export const leasesPerMessage = 6;

/** At most so many destinations in one ADVERT. */
export const offersPerMessage = 16;

/**
 * A message to a neighbour (protocol section 9): the sender's whole current statement for its
 * subject, so that any subset in any order works. One datagram each.
 */
export type Message = Hello | LeaseMessage | VoucherMessage | Statement | Advert | ChannelMessage;

/** What every message says first. */
export interface MessageHead {
  readonly sender: NodeId;
  /** The journal from which the sender speaks. */
  readonly from: JournalId;
  /**
   * The recipient's journal that it is meant for, as the sender met it; in a HELLO, as the sender
   * heard it, and nothing where it heard none. Whatever is meant for another journal is dropped.
   */
  readonly to: JournalId | undefined;
}

/** A journal of the sender of a HELLO, and how many of the recipient's it had met by then. */
export interface Speaker {
  readonly journal: JournalId;
  readonly meetings: bigint;
}

/**
 * Who I am, what I run on, my constants. Signed. Two journals have met when each has had a HELLO
 * that answers one of its own: `answers` is a number that nobody could know before, and so an old
 * HELLO, come late, never brings back a journal that was lost.
 */
export interface Hello extends MessageHead {
  readonly type: "HELLO";
  readonly recipient: NodeId;
  /** How many journals of the recipient the sender has met. */
  readonly meetings: bigint;
  /** The same number of the recipient's, as the sender heard it last. */
  readonly answers: bigint;
  /** Whether the sender has met the journal `to`: if not, it asks for an answer. */
  readonly met: boolean;
  /** How often the sender's agent was started: a newer one replaces an older one. */
  readonly run: bigint;
  /** The newest run of the recipient that the sender has heard, 0 for none: asks for an answer. */
  readonly heard: bigint;
  /** How many paid classes. */
  readonly classes: number;
  readonly terms: Terms;
  /** The sender's WireGuard public key, 32 bytes. */
  readonly tunnelKey: Uint8Array;
  /** The channel in use, 64 hexadecimal digits, all zeros for none. */
  readonly channelId: string;
  /** From version 2 on. Without it the sender speaks version 1, or says it in another HELLO. */
  readonly speaks?: Speaks;
  readonly signature: Signature;
}

/** Which versions the sender of a HELLO speaks. */
export interface Speaks extends Versions {
  /** The newest version in which the sender has heard the recipient's HELLO, 0 for none. */
  readonly heard: number;
}

/** The payee to the payer: what it has leased and what it has been paid. Each lease is signed. */
export interface LeaseMessage extends MessageHead {
  readonly type: "LEASE";
  readonly class: PriceClass;
  /** The oldest unacknowledged ones, or the latest one again. */
  readonly leases: readonly Lease[];
  /** The best voucher of the payer that is credited: lets a payer without a disk find its total. */
  readonly credited: Voucher | undefined;
}

/** The payer to the payee: what it has signed and which leases it holds. */
export interface VoucherMessage extends MessageHead {
  readonly type: "VOUCHER";
  /** Nothing where nothing was ever signed. */
  readonly voucher: Voucher | undefined;
  /** Per paid class, class 1 first: the last lease held, with the payee's own signature. */
  readonly held: readonly (Lease | undefined)[];
}

/** The cumulative counters of both directions of every paid class. Signed; display and metrics. */
export interface Statement extends MessageHead {
  readonly type: "STATEMENT";
  readonly recipient: NodeId;
  /** Class 1 first. */
  readonly counters: readonly { readonly sent: Position; readonly read: Position }[];
  /**
   * From version 2 on, class 1 first: the recipient's `sent` as the sender heard it last. What the
   * recipient sent since then is how many bytes pass in one round trip (D of T14), without a clock.
   */
  readonly echoes?: readonly Position[];
  readonly signature: Signature;
}

/** What the sender charges the recipient for bytes to a destination. Signed. */
export interface Advert extends MessageHead {
  readonly type: "ADVERT";
  readonly recipient: NodeId;
  /** Newer replaces older: the sender's run, then its count within the run. */
  readonly run: bigint;
  readonly count: bigint;
  readonly offers: readonly Offer[];
  readonly signature: Signature;
}

/**
 * What the sender agrees to about the channel beside vouchers: withdrawals, and closing together.
 * Signed as a whole; the signatures in it are for the contract.
 */
export interface ChannelMessage extends MessageHead {
  readonly type: "CHANNEL";
  readonly recipient: NodeId;
  /** 64 hexadecimal digits. */
  readonly channelId: string;
  /** What the sender would like to take out, in all. */
  readonly asked: TokenUnits;
  /** The recipient's permit that the sender holds: lets a recipient without a disk find it. */
  readonly holds: Permit | undefined;
  /** The sender's permit for the recipient. */
  readonly permit: Permit | undefined;
  /** The sender signs nothing more on this channel. */
  readonly ending: boolean;
  /** What the sender signed on this channel, and what it credited of the recipient's vouchers. */
  readonly totals: Final;
  /** The sender's signature for the contract under those totals, once they are final. */
  readonly final: Signature | undefined;
  /** The sender has the recipient's. */
  readonly taken: boolean;
  readonly signature: Signature;
}

/** One line of an ADVERT. */
export interface Offer {
  /** A prefix in text form, at most {@link destinationLimit} characters. */
  readonly destination: string;
  readonly class: PriceClass;
  readonly price: Price;
}

/** The longest prefix in text: an IPv6 address and its length. */
export const destinationLimit = 43;
