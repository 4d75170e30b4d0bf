import { noBid } from "#agent/config/bid-options.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { crossChecks } from "#agent/config/cross-checks.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { BidVerdict, SignedBid } from "#core/peer/bid.ts";
import { encodeBidMessage } from "#core/peer/bid-form.ts";
import { type Bid, isSameBid } from "#core/queue/bids.ts";

/** As a seller: what one neighbour bids by message. May be forgotten: the neighbour says it again. */
export interface BidTaker {
  /**
   * What becomes of a bid whose signature holds. Only `granted` changes anything, and whoever gets it
   * changes the configuration to the agreed bid.
   * @param now milliseconds on a monotonic clock.
   */
  readonly take: (bid: SignedBid, config: Config, now: number) => BidVerdict;
  /** The highest number seen so far; nothing before the first. */
  readonly number: () => bigint | undefined;
  /** What was granted last. */
  readonly agreed: () => Bid;
  /** What was said to the last bid. */
  readonly verdict: () => BidVerdict | undefined;
}

/**
 * A neighbour's bid changes so often at once, and then once in so many milliseconds: each change is a price
 * in the journal and queues of the kernel, so whoever changes its mind all day wears no flash. A change that
 * comes earlier is refused without its number being used up: the same bid is taken later.
 */
export const changeBurst = 8;
/** See {@link changeBurst}. */
export const changePause = 600_000;

/** A taker that has heard nothing. @param bidder who bids, as the configuration has it by now. */
export function bidTaker(bidder: (config: Config) => NeighbourConfig | undefined): BidTaker {
  let highest: SignedBid | undefined;
  let verdict: BidVerdict | undefined;
  let agreed = noBid;
  let room = changeBurst;
  let filled: number | undefined;
  const judged = (bid: SignedBid, config: Config, now: number): BidVerdict => {
    const seen = highest;
    if (seen !== undefined && bid.number < seen.number) return "out of date";
    const again = seen?.number === bid.number;
    if (again && !sameBytes(encodeBidMessage(bid), encodeBidMessage(seen))) return "out of date";
    const found = verdictOf(bid.bid, bidder(config), config, agreed);
    if (found === "set by the operator") agreed = noBid;
    const changes = found === "granted" && !isSameBid(bid.bid, agreed);
    room = Math.min(changeBurst, room + (now - (filled ?? now)) / changePause);
    filled = now;
    if (changes && room < 1) return "too soon";
    highest = bid;
    if (!changes) return found;
    room -= 1;
    agreed = bid.bid;
    return found;
  };
  return {
    take: (bid, config, now) => {
      verdict = judged(bid, config, now);
      return verdict;
    },
    number: () => highest?.number,
    agreed: () => agreed,
    verdict: () => verdict,
  };
}

/** What is to be said to a bid, whenever it came. An operator's own words about a neighbour go first. */
function verdictOf(
  bid: Bid,
  bidder: NeighbourConfig | undefined,
  config: Config,
  agreed: Bid,
): BidVerdict {
  if (bidder === undefined) return "no bids are taken";
  if (!isSameBid(bidder.bid, noBid) && !isSameBid(bidder.bid, agreed)) return "set by the operator";
  if (isSameBid(bid, noBid)) return "granted";
  const most = config.mostBid ?? config.terms.priceCap;
  if (most === 0n || config.bidFloor === 0n) return "no bids are taken";
  if (bid.send > most || bid.receive > most) return "above the limit";
  // Who receives is charged for it on a delivery only: no rule else bounds a cheat (T21).
  if (bid.receive > 0n && bidder.delivery?.role !== "exit") return "no delivery";
  const neighbours = config.neighbours.map((one) =>
    one === bidder ? { ...one, bid, ordered: bid } : one,
  );
  const [finding] = crossChecks({ ...config, neighbours });
  if (finding === undefined) return "granted";
  return finding.path.endsWith("_bid") ? "above the limit" : "too many bidders";
}
