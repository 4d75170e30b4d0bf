import type { Signature } from "#core/identity/signature.ts";
import type { Bid } from "#core/queue/bids.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * What agents say to each other about priority: a payer bids, its neighbour answers what that costs. Both
 * texts are signed and neither binds a bill: a bid is agreed on by the leases that carry it, as every price
 * is. So they are no inputs of `step`, and share the class-0 link with the messages that are.
 */
export type BidMessage = SignedBid | Surcharge;

/** "So much more I pay for each byte, so that my packets go first at yours." */
export interface UnsignedBid {
  readonly type: "BID";
  readonly bidder: NodeId;
  readonly seller: NodeId;
  /** A larger number replaces a smaller one, whatever comes first; none is used for two bids. */
  readonly number: bigint;
  readonly bid: Bid;
}

/** A bid with its bidder's signature. */
export interface SignedBid extends UnsignedBid {
  readonly signature: Signature;
}

/** What a seller says to a bid. */
export const bidVerdicts = [
  "granted",
  "no bids are taken",
  "above the limit",
  "no delivery",
  "too many bidders",
  "set by the operator",
  "out of date",
  "too soon",
] as const;

/** One of them; `granted` is the only one by which a price changes. */
export type BidVerdict = (typeof bidVerdicts)[number];

/** The answer: what holds now, and what the next lease of each class costs with it. */
export interface UnsignedSurcharge {
  readonly type: "SURCHARGE";
  readonly seller: NodeId;
  readonly bidder: NodeId;
  /** Of the bid that is answered; where that is out of date, the highest that was seen. */
  readonly number: bigint;
  readonly verdict: BidVerdict;
  /** What is charged on top now, whoever said so: a refused bid leaves what held before it. */
  readonly bid: Bid;
  /** Grains a byte, the bid included: class 1 first, a delivery last; 0 where none is sold. */
  readonly prices: readonly bigint[];
}

/** An answer with its seller's signature. */
export interface Surcharge extends UnsignedSurcharge {
  readonly signature: Signature;
}

/** The version of both forms. */
export const bidVersion = 1;

/** The highest number of a bid. */
export const bidNumberLimit = (1n << 64n) - 1n;

/** Seven paid classes and a delivery. */
export const surchargePriceLimit = 8;

/** The longest message about a bid, in bytes: an answer with everything at its limit has 241. */
export const bidMessageLimit = 256;
