import * as Effect from "effect/Effect";
import type { Agent } from "#agent/agent/agent.ts";
import { type AutoRate, type AutoRateLimits, autoRate, nextRate } from "#core/queue/auto-rate.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { LinkProbe } from "./link-probe.ts";
import type { RouteBoard } from "./route-board.ts";
import type { RoutePorts } from "./route-keeper.ts";

/** Between two steps of the rule, in milliseconds: two probes of each neighbour. */
const stepInterval = 1000;

/** Longer than over an empty queue, in microseconds one way: then packets wait beyond our queues. */
export const toleratedBloat = 15_000n;

/** What is known of one link: the rule's memory, and where its counter of sent bytes was. */
interface Followed {
  readonly rate: AutoRate;
  readonly sent: bigint;
  /** Milliseconds. */
  readonly at: number;
}

/** The rates of links by their delays, from one look to the next. */
export interface RateBook {
  /** The rate of a link by now, in bits a second. @param now milliseconds */
  readonly look: (id: NodeId, limits: AutoRateLimits, link: Looked, now: number) => bigint;
  /** Those of others are forgotten. */
  readonly among: (ids: ReadonlySet<NodeId>) => void;
}

/** As much of a probe as the rule asks for. */
type Looked = Pick<LinkProbe, "answered" | "measured" | "totals">;

/** Nothing was measured. */
export function rateBook(): RateBook {
  const known = new Map<NodeId, Followed>();
  return {
    look: (id, limits, link, now) => {
      const { recentDelay } = link.measured();
      const sent = link.totals()?.sent;
      // Of a neighbour that answers no probes nothing is known: it has what the configuration says.
      if (!link.answered() || recentDelay === undefined || sent === undefined) return limits.most;
      const before = known.get(id);
      if (before === undefined || sent < before.sent) {
        const rate = before?.rate ?? autoRate(limits);
        known.set(id, { rate, sent, at: now });
        return rate.rate;
      }
      const microseconds = BigInt(Math.max(1, Math.round((now - before.at) * 1000)));
      const bits = ((sent - before.sent) * 8_000_000n) / microseconds;
      const rate = nextRate(limits, before.rate, { delay: recentDelay, sent: bits });
      known.set(id, { rate, sent, at: now });
      return rate.rate;
    },
    among: (ids) => {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    },
  };
}

/** One step of all links, where the configuration wants it. */
export const rateRound = (agent: Agent, ports: RoutePorts, board: RouteBoard, book: RateBook) =>
  Effect.gen(function* () {
    yield* Effect.sleep(stepInterval);
    const { leastLink: least } = agent.config().rates;
    if (least === undefined) return;
    const { neighbours } = agent.blueprint();
    book.among(new Set(neighbours.map(({ config }) => config.id)));
    const now = performance.now();
    const rates = neighbours.map(({ config, queue }) => {
      const most = queue.linkRate;
      const limits = { least: least < most ? least : most, most, tolerated: toleratedBloat };
      return [queue.index, book.look(config.id, limits, board.of(config.id).probe, now)] as const;
    });
    yield* ports.queueing.setRates(new Map(rates));
  });
