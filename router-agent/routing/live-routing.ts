import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { absentBabel } from "#adapters/babel/absent-babel.ts";
import { readFeasibility } from "#adapters/babel/feasibility-log.ts";
import { ownBabeld } from "#adapters/babel/own-babeld.ts";
import { socketBabel } from "#adapters/babel/socket-babel.ts";
import { Counters } from "#adapters/counters/counters.ts";
import { LinkEvents } from "#adapters/counters/link-events.ts";
import { machineLinkEvents } from "#adapters/counters/machine-link-events.ts";
import { Link } from "#adapters/link/link.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { RouteMoves } from "#agent/defence/route-moves.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { startRouteKeeper } from "./route-keeper.ts";
import { needsRoutes } from "./route-need.ts";
import { runDirectoryOf } from "./run-directory.ts";

/**
 * Routing on this machine, for as long as the scope lasts; nothing where the configuration has it off.
 * @param keeps whether babeld is left running at the end, so that plain Babel goes on.
 */
export const liveRouting = Effect.fnUntraced(function* (
  agent: Agent,
  keeps: () => boolean,
  moves: RouteMoves,
) {
  const { routing } = agent.config();
  if (!needsRoutes(agent.config())) return undefined;
  const own = routing.babel === "own" ? babeldOf(agent) : undefined;
  if (own !== undefined) {
    yield* Effect.addFinalizer(() => Effect.suspend(() => (keeps() ? Effect.void : own.end)));
  }
  const { socket, pidFile, logFile } = routing;
  const place = own?.place ?? { pidFile, logFile, own: false };
  const babel =
    routing.babel === "off"
      ? absentBabel
      : yield* socketBabel({
          socket: own?.socket ?? socket,
          ensure: own?.ensure ?? Effect.void,
          feasibility: readFeasibility(place),
          ...(own === undefined ? {} : { outdated: own.outdated, end: own.stop }),
        });
  const linkEvents = yield* Layer.build(machineLinkEvents).pipe(
    Effect.map((built) => Context.get(built, LinkEvents)),
    Effect.catch(() => Effect.succeed(undefined)),
  );
  return yield* startRouteKeeper(agent, {
    babel,
    link: yield* Link,
    counters: yield* Counters,
    queueing: yield* Queueing,
    linkEvents,
    moves,
  });
});

function babeldOf(agent: Agent) {
  const config = agent.config();
  const endpoints = (): readonly Prefix[] =>
    agent.blueprint().neighbours.flatMap(({ config: { endpoint } }) => {
      if (endpoint === undefined) return [];
      const { host } = endpoint;
      return parsePrefix(`${host}/${host.includes(":") ? 128 : 32}`) ?? [];
    });
  return ownBabeld({
    directory: runDirectoryOf(config.interfacePrefix),
    interfaces: () => agent.blueprint().neighbours.map(({ link }) => link.interfaceName),
    announce: config.routing.announce as readonly Prefix[],
    refuse: endpoints(),
  });
}
