/**
 * What a neighbour bids for its packets to go first, in grains a byte: on top of the price of the class
 * that carries them, so that the same ledger counts it.
 */
export interface Bid {
  /** For what others send to it. */
  readonly receive: bigint;
  /** For what it sends to others. */
  readonly send: bigint;
}

/** The highest bid, in grains a byte. */
export const bidLimit = 1_000_000_000_000n;

/** The queue for packets from one neighbour to another. */
export interface PairQueue {
  readonly from: string;
  readonly to: string;
  /** What both bid together. */
  readonly bid: bigint;
  /** As HTB takes it: 0 goes first. */
  readonly priority: number;
  /** Bits a second that it gets whatever others bid. */
  readonly floor: bigint;
}

/** How many priorities bids have: HTB has one more, which is for what is carried for nothing. */
export const priorityLimit = 7;

/** Our own users, as the sender of a pair: no neighbour is called so. */
export const ourselves = "";

/** How many neighbours can bid at once: so many pairs are queues that a router can hold. */
export const bidderLimit = 32;

/** Whether a bid is one: neither negative nor beyond {@link bidLimit}. */
export function isPossibleBid({ receive, send }: Bid): boolean {
  return receive >= 0n && receive <= bidLimit && send >= 0n && send <= bidLimit;
}

/**
 * The queues of all pairs of neighbours, the highest bid first: what the sender bids for sending and
 * the receiver for receiving, together. Equal sums share a priority. Everybody has a floor: the
 * `floorShare` (in parts per million) of the link is divided among all pairs alike, so that no bid
 * starves anybody.
 * @param own what sending first is worth to our own users; above 0 their packets are pairs as well, from
 * {@link ourselves}.
 * @throws RangeError for a bid that is none, a share above a million, and more than {@link bidderLimit}.
 */
export function pairQueues(
  bids: ReadonlyMap<string, Bid>,
  linkRate: bigint,
  floorShare: bigint,
  own = 0n,
): readonly PairQueue[] {
  check(bids, floorShare, own);
  const names = [...bids.keys()].sort();
  const senders = own > 0n ? [...names, ourselves] : names;
  const sendOf = (name: string) => (name === ourselves ? own : (bids.get(name)?.send ?? 0n));
  const pairs = senders.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .map((to) => ({ from, to, bid: sendOf(from) + receiveOf(bids, to) })),
  );
  const sums = [...new Set(pairs.map(({ bid }) => bid))].sort(downwards);
  const floor =
    pairs.length === 0 ? 0n : (linkRate * floorShare) / 1_000_000n / BigInt(pairs.length);
  return pairs
    .map((pair) => ({ ...pair, priority: priorityOf(sums.indexOf(pair.bid), sums.length), floor }))
    .sort((a, b) => downwards(a.bid, b.bid));
}

const lowerPriorities = Array.from({ length: priorityLimit - 1 }, (_, i) => i + 1);

/** The nth of so many sums: where there are more than priorities, neighbours in rank share one. */
function priorityOf(rank: number, sums: number): number {
  if (sums <= priorityLimit) return rank;
  // floor(7 rank / sums), as the number of sevenths that lie before it
  return lowerPriorities.filter((seventh) => rank * priorityLimit >= seventh * sums).length;
}

/** Whether two bids are the same in both parts. */
export function isSameBid(a: Bid, b: Bid): boolean {
  return a.send === b.send && a.receive === b.receive;
}

function check(bids: ReadonlyMap<string, Bid>, floorShare: bigint, own: bigint): void {
  if (own < 0n || own > bidLimit) {
    throw new RangeError(`our own bid, ${own}; allowed are 0 to ${bidLimit} grains a byte`);
  }
  if (bids.size > bidderLimit) {
    throw new RangeError(`${bids.size} neighbours bid, at most ${bidderLimit} can`);
  }
  if (floorShare < 0n || floorShare > 1_000_000n) {
    throw new RangeError(`a floor of ${floorShare} millionths of the link, at most a million`);
  }
  for (const [name, bid] of bids) {
    if (isPossibleBid(bid)) continue;
    const found = `receive ${bid.receive}, send ${bid.send}`;
    throw new RangeError(
      `the bid of ${name}, ${found}; allowed are 0 to ${bidLimit} grains a byte`,
    );
  }
}

function receiveOf(bids: ReadonlyMap<string, Bid>, name: string): bigint {
  return bids.get(name)?.receive ?? 0n;
}

function downwards(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}
