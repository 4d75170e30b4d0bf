import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import {
  type Bid,
  bidderLimit,
  ourselves,
  type PairQueue,
  pairQueues,
  priorityLimit,
} from "#core/queue/bids.ts";

/** What of a queue plan follows from bids. */
export type PairPart = Pick<QueuePlan, "pairs" | "ownPriority">;

/**
 * The pair queues towards each neighbour, by its name; none where nobody bids. Whoever bids comes first
 * among the {@link bidderLimit} that have queues of their own: what comes from others is queued with
 * our own.
 * @param indexOf the index of a neighbour in the queues; nothing where it has no tunnels yet.
 */
export function pairPlans(
  config: Config,
  indexOf: (name: string) => number | undefined,
): ReadonlyMap<string, PairPart> {
  const bidders = biddersOf(config);
  if (bidders.length === 0) return new Map();
  const bids = new Map(bidders.map((one) => [one.name, orderOf(one)]));
  const queues = pairQueues(bids, config.rates.link, config.bidFloor, config.ownBid);
  return new Map(
    bidders.map((one) => {
      const { name } = one;
      const pairs = queues.flatMap(({ from, to, priority, floor }) => {
        const index = to === name && from !== ourselves ? indexOf(from) : undefined;
        return index === undefined ? [] : [{ from: index, priority, floor }];
      });
      return [name, { pairs, ownPriority: placeOf(config.ownBid + orderOf(one).receive, queues) }];
    }),
  );
}

/** Where a sum has its place among those of pairs: beside the dearest of those that it reaches. */
function placeOf(sum: bigint, queues: readonly PairQueue[]): number {
  return queues.find(({ bid }) => bid <= sum)?.priority ?? priorityLimit - 1;
}

/** What orders a neighbour's packets now. */
export function orderOf({ bid, ordered = bid }: NeighbourConfig): Bid {
  return ordered;
}

/** Who has a queue of its own towards each other. */
function biddersOf({ neighbours, ownBid }: Config): readonly NeighbourConfig[] {
  const bids = (one: NeighbourConfig) => orderOf(one).send > 0n || orderOf(one).receive > 0n;
  if (ownBid === 0n && !neighbours.some(bids)) return [];
  const others = neighbours.filter((one) => !bids(one));
  return [...neighbours.filter(bids), ...others].slice(0, bidderLimit - 1);
}

/** How many leaves wait on a tunnel at most: what quotas keep back follows from it. */
export function leavesOfEach(config: Config): number {
  return Math.max(1, biddersOf(config).length);
}
