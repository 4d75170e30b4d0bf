import { type Bid, bidLimit } from "#core/queue/bids.ts";
import { byteFee, share } from "./amount-forms.ts";
import { type Form, refused } from "./form.ts";

/** A bid in grains a byte, or in tokens for a gigabyte; what is no price is no bid either. */
export const bidAmount: Form<bigint> = {
  read: (text, token) => {
    const amount = byteFee.read(text, token);
    if (!amount.ok || amount.value <= bidLimit) return amount;
    return refused(`0 to ${bidLimit} grains a byte`);
  },
  write: byteFee.write,
};

/** Nothing is bid. */
export const noBid: Bid = { receive: 0n, send: 0n };

const none = { kind: "text", text: "0" } as const;

/** Of one neighbour: what it pays so that its packets go first. */
export const neighbourBidOptions = {
  send_bid: {
    form: bidAmount,
    fallback: none,
    about:
      "What this neighbour pays on top of our price so that what it sends goes first, such as 0.01/GB. It is part of every lease, so its max_price has to allow it.",
  },
  receive_bid: {
    form: bidAmount,
    fallback: none,
    about:
      "As its exit: what it pays on top of the tariff so that what others send to it goes first.",
  },
  our_send_bid: {
    form: bidAmount,
    fallback: none,
    about:
      "What we bid at this neighbour, by message, so that what we send goes first there: it comes on top of its price once it agrees.",
  },
  our_receive_bid: {
    form: bidAmount,
    fallback: none,
    about:
      "As its client: what we bid so that what others send to us goes first there, on top of its tariff.",
  },
} as const;

/** Of the node. */
export const bidOptions = {
  bid_most: {
    form: bidAmount,
    fallback: { kind: "none", meaning: "as much as price_cap allows" },
    about:
      "What neighbours may bid by message, each for sending and for receiving; 0 takes no bids but those that are written here.",
  },
  own_bid: {
    form: bidAmount,
    fallback: none,
    about:
      "What sending first is worth to our own users, where neighbours bid: their packets are ordered among those of neighbours.",
  },
  bid_floor: {
    form: share,
    fallback: { kind: "text", text: "20%" },
    about:
      "The share of link_rate that is divided among all pairs of neighbours alike, whatever they bid: nobody is starved.",
  },
} as const;
