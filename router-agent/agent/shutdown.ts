import * as Effect from "effect/Effect";
import type { Queueing } from "#adapters/queueing/queueing.ts";
import type { Tunnel } from "#adapters/tunnel/tunnel.ts";
import { type Config, interfaceName, isInterfaceName, isKnown } from "#agent/config/config.ts";
import type { Agent } from "./agent.ts";

/** How long to wait, at the end, for neighbours to acknowledge what was settled, in ms. */
export const graceTime = 1500;

/** How long queues take to send what they hold, once paid traffic has ended, in ms. */
const drainTime = 100;

/** How long a farewell may take in all, in ms: an agent that is stuck still ends. */
const farewellTime = 5000;

/**
 * The end of a run: paid traffic stops if the tunnels are to go, the counters are read twice (T18),
 * everything owed is paid, and the neighbours have a moment to acknowledge it.
 */
export const farewell = (agent: Agent, keep: boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (!keep && agent.config().neighbours.length > 0) {
      yield* agent.closePaid;
      yield* Effect.sleep(drainTime);
    }
    yield* agent.look;
    yield* agent.look;
    yield* agent.ask({ type: "Wish", wish: { type: "Settle" } });
    for (let waited = 0; waited < graceTime && !acknowledged(agent); waited += 50) {
      yield* Effect.sleep(50);
    }
  }).pipe(Effect.interruptible, Effect.timeout(farewellTime), Effect.ignore);

/** Every neighbour we owe anything has credited all we signed. */
function acknowledged(agent: Agent): boolean {
  const { ledger, live } = agent.node();
  return ledger.neighbours.every((neighbour, i) => {
    const signed = neighbour.outbound.reduce((all, account) => all + account.signed, 0n);
    return signed <= (live[i]?.acknowledged ?? 0n);
  });
}

/**
 * Tunnels with our prefix that no neighbour owns: of an older configuration, or a killed run. And what
 * killed processes left of such tunnels, which costs nothing but order: where that fails it stays.
 */
export const removeLeftovers = Effect.fnUntraced(function* (
  config: Config,
  tunnel: Tunnel["Service"],
) {
  const wanted = new Set(
    config.neighbours
      .filter(isKnown)
      .flatMap((one) =>
        Array.from({ length: one.classes + 1 }, (_, i) =>
          interfaceName(config.interfacePrefix, one.name, i),
        ),
      ),
  );
  const found = yield* tunnel.list(config.interfacePrefix);
  for (const name of found.filter((one) => !wanted.has(one))) {
    yield* Effect.logInfo(`removing the left-over tunnel ${name}`);
    yield* tunnel.remove(name);
  }
  const swept = tunnel.sweep((name) => isInterfaceName(config.interfacePrefix, name));
  yield* Effect.catch(
    Effect.flatMap(swept, (names) =>
      names.length === 0
        ? Effect.void
        : Effect.logInfo(`removed sockets of ended WireGuard processes: ${names.join(", ")}`),
    ),
    (error) => Effect.logWarning(error.words),
  );
});

/** Removes every rule, route, table, queue and tunnel of the agent's; goes on where one fails. */
export const cleanUp = Effect.fnUntraced(
  function* (config: Config, tunnel: Tunnel["Service"], queueing: Queueing["Service"]) {
    yield* Effect.catch(queueing.clean, (error) => Effect.logError(error.words));
    const found = yield* tunnel.list(config.interfacePrefix);
    yield* Effect.forEach(
      found,
      (name) => Effect.catch(tunnel.remove(name), (error) => Effect.logError(error.words)),
      { discard: true },
    );
  },
  Effect.catch((error) => Effect.logError(error.words)),
);
