import { noBid } from "#agent/config/bid-options.ts";
import type { Signer } from "#core/identity/signature.ts";
import { type BidVerdict, bidNumberLimit, type SignedBid, type Surcharge } from "#core/peer/bid.ts";
import { encodeBidMessage, signBid } from "#core/peer/bid-form.ts";
import { type Bid, isSameBid } from "#core/queue/bids.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** As a payer: brings what we bid to one neighbour, until it answers, and now and then again. */
export interface BidAsker {
  /** The message that is due now, in bytes; nothing where none is. @param now milliseconds. */
  readonly due: (wish: BidWish, now: number) => Uint8Array | undefined;
  /** Takes an answer whose signature holds, or says why not: then nothing changes. */
  readonly take: (answer: Surcharge, wish: BidWish) => "taken" | AnswerRefusal;
  /** What was said last. */
  readonly said: () => SignedBid | undefined;
  /** The answer to it; nothing while there is none. */
  readonly answer: () => Surcharge | undefined;
  /** Why we took our bid back ourselves; nothing where we did not. */
  readonly withdrawn: () => string | undefined;
}

/** Why an answer says nothing to us. */
export type AnswerRefusal = "stale answer" | "another bid";

/** What we wish of one neighbour now. */
export interface BidWish {
  readonly signer: Signer;
  readonly seller: NodeId;
  /** Which run of the agent this is: numbers go on rising over restarts. */
  readonly run: bigint;
  readonly bid: Bid;
  /** What we accept to pay for a byte, the bid included, in grains. */
  readonly maxPrice: bigint;
}

/** Without an answer it is said again after so long, then twice as long, and so on; in milliseconds. */
const firstPause = 1000;
const longestPause = 30_000;

/** Whoever bids nothing says so this often at most: an older neighbour does not understand it. */
const emptyBids = 3;

/** So many bids there can be in one run. */
const perRun = 1n << 24n;

/** An asker that has said nothing. */
export function bidAsker(): BidAsker {
  let said: SignedBid | undefined;
  let bytes: Uint8Array | undefined;
  let answer: Surcharge | undefined;
  let count = 0n;
  let beyond = 0n;
  let tries = 0;
  let last = Number.NEGATIVE_INFINITY;
  let dear: { readonly wish: string; readonly words: string } | undefined;

  const say = ({ signer, seller, run }: BidWish, bid: Bid): void => {
    count += 1n;
    const counted = run * perRun + count;
    const number = counted > beyond ? counted : beyond + 1n;
    if (number > bidNumberLimit) return; // it never listens to us again: that harms nobody but it
    said = signBid(signer, { seller, number, bid });
    bytes = encodeBidMessage(said);
    answer = undefined;
    tries = 0;
  };
  return {
    due: (wish, now) => {
      if (dear !== undefined && dear.wish !== textOf(wish)) dear = undefined;
      const bid = dear === undefined ? wish.bid : noBid;
      if (said === undefined || !isSameBid(said.bid, bid)) say(wish, bid);
      const empty = said !== undefined && isSameBid(said.bid, noBid);
      if (bytes === undefined || (empty && (answer !== undefined || tries >= emptyBids))) return;
      const pause = answer === undefined ? pauseAfter(tries) : longestPause;
      if (tries > 0 && now - last < pause) return undefined;
      tries += 1;
      last = now;
      return bytes;
    },
    take: (heard, wish) => {
      if (said === undefined) return "stale answer";
      if (heard.verdict === "out of date") {
        if (heard.number < said.number) return "stale answer";
        beyond = heard.number;
        say(wish, said.bid);
        return "taken";
      }
      if (heard.number !== said.number) return "stale answer";
      if (heard.verdict === "granted" && !isSameBid(heard.bid, said.bid)) return "another bid";
      if (heard.verdict === "too soon") return "taken"; // it is said again all the same
      if (answer === undefined) tries = 1;
      answer = heard;
      const price = heard.prices.reduce((most, one) => (one > most ? one : most), 0n);
      if (heard.verdict !== "granted" || isSameBid(said.bid, noBid) || price <= wish.maxPrice) {
        return "taken";
      }
      const words = `it would cost ${price} grains a byte, and max_price allows ${wish.maxPrice}: the bid is taken back`;
      dear = { wish: textOf(wish), words };
      return "taken";
    },
    said: () => said,
    answer: () => answer,
    withdrawn: () => dear?.words,
  };
}

function pauseAfter(tries: number): number {
  const pause = firstPause * 2 ** Math.min(tries - 1, 8);
  return pause < longestPause ? pause : longestPause;
}

/** By what a bid that we took back is tried again: when it changes. */
function textOf({ bid, maxPrice }: BidWish): string {
  return `${bid.send} ${bid.receive} ${maxPrice}`;
}

/** What an answer means to whoever bid. */
export const verdictWords: Readonly<Record<BidVerdict, string>> = {
  granted: "granted: leases to come carry it, and the order follows as they are used",
  "no bids are taken": "the neighbour takes no bids",
  "above the limit": "more than the neighbour takes: bid less",
  "no delivery": "only who receives by a delivery can bid for receiving: bid for sending alone",
  "too many bidders": "the neighbour has no more room for those that bid",
  "set by the operator": "its operator wrote down what we pay: ask there",
  "out of date": "it has seen a bid of ours with a higher number",
  "too soon": "it changed a moment ago: it is said again",
};
