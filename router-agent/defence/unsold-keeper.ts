import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type { Counters } from "#adapters/counters/counters.ts";
import type { Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { nextUnsold, unsoldRate, wholeLink } from "#core/queue/unsold.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** Leaves to what is carried for nothing only what of each link nobody buys. */
export interface UnsoldKeeper {
  /** Looks now. @param now milliseconds, of a clock that nobody sets */
  readonly look: (now: number) => Effect.Effect<void>;
}

/** How often counters are compared, in milliseconds. */
export const unsoldInterval = 2000;

/** Of one neighbour: its counters of paid bytes when they were looked at, and what was told then. */
interface Watched {
  readonly sent: ReadonlyMap<string, bigint>;
  /** Milliseconds. */
  readonly at: number;
  /** Eighths of its link. */
  readonly unsold: bigint;
}

/**
 * A keeper for as long as its scope lasts. Whoever it knows nothing of has its whole link unsold: what
 * is free is then limited by its own rate, as ever.
 */
export const startUnsoldKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  queueing: Queueing["Service"],
  counters: Counters["Service"],
  interval = unsoldInterval,
) {
  let known: ReadonlyMap<NodeId, Watched> = new Map();
  const look = (now: number) =>
    Effect.gen(function* () {
      const { neighbours } = agent.blueprint();
      const paid = neighbours.flatMap(({ interfaces }) => interfaces.slice(1));
      const readings = yield* counters.read(paid);
      const links = yield* queueing.linkRates;
      const sent = new Map(readings.map((one) => [one.interfaceName, one.sent]));
      const next = new Map<NodeId, Watched>();
      const rates = neighbours.map(({ config, queue, interfaces }) => {
        const own = interfaces.slice(1).flatMap((name) => {
          const found = sent.get(name);
          return found === undefined ? [] : [[name, found] as const];
        });
        const link = links.get(queue.index) ?? queue.linkRate;
        const one = watched(link, known.get(config.id), new Map(own), now);
        next.set(config.id, one);
        return [queue.index, unsoldRate(link, one.unsold)] as const;
      });
      known = next;
      yield* queueing.setUnsold(new Map(rates));
    }).pipe(Effect.catch((error) => Effect.logWarning(`unsold capacity: ${error.words}`)));
  const round = Effect.suspend(() => look(performance.now()));
  yield* Effect.forkScoped(Effect.repeat(round, Schedule.spaced(interval)));
  const keeper: UnsoldKeeper = { look };
  return keeper;
});

function watched(
  link: bigint,
  before: Watched | undefined,
  sent: ReadonlyMap<string, bigint>,
  now: number,
): Watched {
  if (before === undefined) return { sent, at: now, unsold: wholeLink };
  const bytes = [...sent].reduce((sum, [name, counter]) => {
    const last = before.sent.get(name) ?? counter;
    // An interface that was made again counts from nothing.
    return sum + (counter < last ? counter : counter - last);
  }, 0n);
  const microseconds = BigInt(Math.max(1, Math.round((now - before.at) * 1000)));
  const sold = (bytes * 8_000_000n) / microseconds;
  return { sent, at: now, unsold: nextUnsold(link, before.unsold, sold) };
}
