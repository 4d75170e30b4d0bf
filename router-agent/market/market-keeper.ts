import * as Effect from "effect/Effect";
import type { Agent } from "#agent/agent/agent.ts";
import type { Asked, Config, NeighbourConfig } from "#agent/config/config.ts";
import { wishesOf } from "#agent/config/market-config.ts";
import { type MarketBook, marketBook } from "./market-book.ts";
import { type MarketAnswer, marketAnswer } from "./market-facts.ts";

/** Keeps what neighbours are asked as the wishes have it. */
export interface MarketKeeper {
  readonly answer: () => MarketAnswer;
  /** Thinks now: after wishes changed. */
  readonly think: Effect.Effect<void>;
}

/** So often prices are thought about, in milliseconds. What has to pass between two changes are bytes. */
export const marketInterval = 5000;

/**
 * A keeper of prices, for as long as its scope lasts. A price is changed as an operator would: for leases to
 * come. It keeps nothing on the disk; whatever goes wrong is told, and tried again.
 */
export const startMarketKeeper = Effect.fnUntraced(function* (agent: Agent) {
  let book = marketBook();
  let last: number | undefined;
  const think = Effect.suspend(() => {
    const config = agent.config();
    const wishes = wishesOf(config);
    const now = performance.now();
    const seconds = last === undefined ? 0 : (now - last) / 1000;
    last = now;
    if (agent.stopped() !== undefined) return Effect.void;
    if (wishes === undefined) book = marketBook();
    else book.think(agent.node(), config, wishes, seconds);
    if (config.neighbours.every((one) => sameAsked(one.asked, book.asked(one.id)))) {
      return Effect.void;
    }
    return agent.amend((latest) => withAsked(latest, book));
  }).pipe(
    Effect.catch(({ message }) => Effect.logWarning(`prices: ${message}`)),
    Effect.catchDefect((defect) => Effect.logError(`prices: ${String(defect)}`)),
  );
  yield* think;
  const later = Effect.andThen(Effect.sleep(marketInterval), think);
  yield* Effect.forkScoped(Effect.forever(later));
  const keeper: MarketKeeper = {
    answer: () => marketAnswer(agent.node(), agent.config(), book),
    think,
  };
  return keeper;
});

function withAsked(config: Config, book: MarketBook): Config {
  const neighbours = config.neighbours.map(({ asked: _, ...one }): NeighbourConfig => {
    const asked = book.asked(one.id);
    return asked === undefined ? one : { ...one, asked };
  });
  return { ...config, neighbours };
}

function sameAsked(a: readonly Asked[] | undefined, b: readonly Asked[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.length === b.length &&
    a.every(({ least, most }, i) => least === b[i]?.least && most === b[i]?.most)
  );
}
