import * as Effect from "effect/Effect";
import { bidChecks } from "#agent/config/bid-checks.ts";
import { bidAmount } from "#agent/config/bid-options.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { inWords } from "#agent/config/problem.ts";
import { type Bid, bidderLimit, isPossibleBid, pairQueues } from "#core/queue/bids.ts";
import type { Agent } from "./agent.ts";
import { ControlError } from "./control-socket.ts";
import { orderOf } from "./pair-plans.ts";

/** One pair of neighbours, in the order in which they are served. */
export interface BidFacts {
  readonly from: string;
  readonly to: string;
  /** What both bid together, grains a byte. */
  readonly bid: bigint;
  readonly priority: number;
  /** Bits a second, whatever others bid. */
  readonly floor: bigint;
}

/** Every pair queue, the highest bid first; none where there are more neighbours than can have queues. */
export function bidFacts({ neighbours, rates, bidFloor }: Config): readonly BidFacts[] {
  if (neighbours.length >= bidderLimit) return [];
  const bids = new Map(neighbours.map((one) => [one.name, orderOf(one)]));
  return pairQueues(bids, rates.link, bidFloor);
}

/**
 * `bid NEIGHBOUR SEND RECEIVE`: what it pays us, until the agent starts again; what lasts stands in the
 * configuration. A bid that no price can carry is refused, and changes nothing.
 */
export const setBid = (agent: Agent, words: readonly string[]) =>
  changeBid(agent, "bid", words, ({ ordered: _, ...one }, bid) => ({ ...one, bid }));

/** `bid-at NEIGHBOUR SEND RECEIVE`: what we bid there, which it is told; until the agent starts again. */
export const bidAt = (agent: Agent, words: readonly string[]) =>
  changeBid(agent, "bid-at", words, (one, ourBid) => ({ ...one, ourBid }));

const changeBid = Effect.fnUntraced(function* (
  agent: Agent,
  command: string,
  [name = "", ...texts]: readonly string[],
  change: (one: NeighbourConfig, bid: Bid) => NeighbourConfig,
) {
  const config = agent.config();
  const found = config.neighbours.find((one) => one.name === name || one.id === name);
  const names = config.neighbours.map((one) => one.name).join(", ") || "none";
  if (found === undefined) {
    const shown = JSON.stringify(name.slice(0, 80));
    return yield* refuse(`no neighbour is called ${shown}; there are: ${names}`);
  }
  const [send, receive] = [texts[0] ?? "", texts[1] ?? "0"].map((text) =>
    bidAmount.read(text, config.token),
  );
  for (const amount of [send, receive]) {
    if (amount?.ok === true) continue;
    const allowed = amount?.allowed ?? "a price";
    return yield* refuse(`${command} NEIGHBOUR SEND [RECEIVE]: allowed is ${allowed}`);
  }
  const bid = { send: amountOf(send), receive: amountOf(receive) };
  const amended = (now: Config): Config => ({
    ...now,
    neighbours: now.neighbours.map((one) => (one.id === found.id ? change(one, bid) : one)),
  });
  const [finding] = bidChecks(amended(config));
  if (finding !== undefined || !isPossibleBid(bid)) {
    const words = finding === undefined ? "no bid" : inWords({ ...finding, line: undefined });
    return yield* refuse(words);
  }
  yield* agent.amend(amended);
  return bidFacts(agent.config());
});

function amountOf(amount: ReturnType<typeof bidAmount.read> | undefined): bigint {
  return amount?.ok === true ? amount.value : 0n;
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}
