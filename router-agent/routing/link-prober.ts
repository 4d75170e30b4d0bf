import * as Effect from "effect/Effect";
import type { Agent } from "#agent/agent/agent.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import type { RouteBoard } from "./route-board.ts";
import type { RoutePorts } from "./route-keeper.ts";

/** Neighbours are probed so often, in milliseconds; those who never answer, so rarely. */
export const probeInterval = 500;
const strangerInterval = 15_000;
const strangerAfter = 20;

/** A burst of probes where a cable may have been pulled: so many, so far apart. */
const alarmProbes = 3;
const alarmInterval = 60;

/** The kernel is asked so often what became of its links: one system call. */
const tickInterval = 100;

/**
 * Probes every neighbour in turn, and all of them at once where the kernel says that some link went
 * down: which of them it carried is not known, and who does not answer tells. One round of it.
 */
export const probeRound = (
  agent: Agent,
  ports: RoutePorts,
  board: RouteBoard,
  probe: (drawn: NeighbourBlueprint) => Effect.Effect<void, { readonly words: string }>,
): Effect.Effect<void, { readonly words: string }> => {
  const alarmed = Effect.gen(function* () {
    if (ports.linkEvents === undefined) return false;
    const events = yield* ports.linkEvents.drain;
    return events.some((one) => one.kind === "Resync" || !one.up);
  });
  return Effect.gen(function* () {
    const neighbours = agent.blueprint().neighbours;
    const burst = (yield* alarmed) ? alarmProbes : 0;
    for (let i = 0; i < burst; i++) {
      yield* Effect.forEach(neighbours, probe, { discard: true });
      yield* Effect.sleep(alarmInterval);
    }
    const now = performance.now();
    for (const drawn of neighbours) {
      const { probed, asked, probe: link } = board.of(drawn.config.id);
      const stranger = !link.answered() && asked > strangerAfter;
      if (now - probed >= (stranger ? strangerInterval : probeInterval)) yield* probe(drawn);
    }
    yield* Effect.sleep(tickInterval);
  });
};
