import { networkInterfaces } from "node:os";
import * as Effect from "effect/Effect";
import * as Latch from "effect/Latch";
import type { Babel } from "#adapters/babel/babel.ts";
import type { Counters } from "#adapters/counters/counters.ts";
import type { LinkEvents } from "#adapters/counters/link-events.ts";
import type { Link } from "#adapters/link/link.ts";
import type { Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { RouteMoves } from "#agent/defence/route-moves.ts";
import type { ExitFacts } from "./exit-facts.ts";
import type { OwnAddress } from "./left-alone.ts";
import { probeRound } from "./link-prober.ts";
import type { QualityAnswer } from "./quality-facts.ts";
import { rateBook, rateRound } from "./rate-keeper.ts";
import { type RouteBoard, routeBoard } from "./route-board.ts";
import type { RoutesAnswer } from "./route-facts.ts";
import { routeTalk } from "./route-talk.ts";

/** What a keeper of routes needs of the world. */
export interface RoutePorts {
  readonly babel: Babel["Service"];
  readonly link: Link["Service"];
  readonly counters: Counters["Service"];
  readonly queueing: Queueing["Service"];
  /** Its own: nobody else drains them. Nothing where nobody tells. */
  readonly linkEvents: LinkEvents["Service"] | undefined;
  /** Is told of every change of routes. */
  readonly moves?: RouteMoves;
  readonly addresses?: () => readonly OwnAddress[];
}

/** Chooses among babeld's routes, and keeps the agent's own tables as chosen. */
export interface RouteKeeper {
  /** What was chosen and why. @param only one destination. */
  readonly answer: (only?: string) => RoutesAnswer;
  /** The exits that we are the client of, and which one is taken. */
  readonly exits: () => readonly ExitFacts[];
  /** What was measured of neighbours against what they advertised. */
  readonly quality: () => QualityAnswer;
}

/** So often it is looked whether somebody became silent. */
const tickInterval = 100;

/** What comes in a burst is acted on once. */
const settleTime = 15;

/** The kernel's tables are held against ours so often, or so many milliseconds for each destination. */
const checkInterval = 10_000;
const checkShare = 6;

/** A keeper of routes, for as long as its scope lasts. It may fail and begin again: no bill hangs on it. */
export const startRouteKeeper = Effect.fnUntraced(function* (agent: Agent, ports: RoutePorts) {
  const board = routeBoard(agent, ports.addresses ?? machineAddresses);
  const woken = Latch.makeUnsafe(false);
  const talk = routeTalk(agent, ports, board, () => woken.openUnsafe());
  const act = Effect.gen(function* () {
    yield* auditStatements(ports, board);
    const next = board.choose(ports.babel.view());
    if (next !== undefined) {
      yield* ports.queueing.setRoutes(next.routes, next.except);
      ports.moves?.note(next.routes);
    }
    yield* talk.offers;
    yield* talk.tariffs;
  });
  const cycle = Effect.gen(function* () {
    yield* woken.await.pipe(Effect.timeout(tickInterval), Effect.ignore);
    woken.closeUnsafe();
    yield* Effect.sleep(settleTime);
    yield* guarded(act, board.forget);
  });
  const follow = Effect.suspend(() => ports.babel.changed(ports.babel.view().change)).pipe(
    Effect.andThen(Effect.sync(() => woken.openUnsafe())),
  );
  const check = Effect.gen(function* () {
    yield* Effect.sleep(Math.max(checkInterval, board.size() * checkShare));
    const count = yield* ports.queueing.checkRoutes;
    if (count > 0) yield* Effect.logWarning(`${count} routes were not as they should be: put back`);
  });
  yield* Effect.addFinalizer(() =>
    // Plain Babel decides again; routes of the configuration stay as long as the tunnels do.
    Effect.ignore(ports.queueing.setRoutes(agent.blueprint().routes)),
  );
  yield* Effect.forkScoped(Effect.forever(guarded(talk.hear)));
  yield* Effect.forkScoped(Effect.forever(guarded(probeRound(agent, ports, board, talk.probe))));
  const rates = rateBook();
  yield* Effect.forkScoped(Effect.forever(guarded(rateRound(agent, ports, board, rates))));
  yield* Effect.forkScoped(Effect.forever(cycle));
  yield* Effect.forkScoped(Effect.forever(follow));
  yield* Effect.forkScoped(Effect.forever(guarded(check)));
  const keeper: RouteKeeper = {
    answer: (only) => board.answer(ports.babel.view(), only),
    exits: () => board.exits.answer(),
    quality: board.ranks.answer,
  };
  return keeper;
});

/** Reads what has arrived by now, wherever an exit has said how much it has sent. */
const auditStatements = Effect.fnUntraced(function* (ports: RoutePorts, board: RouteBoard) {
  for (const wanting of board.exits.look()) {
    const { interfaceName, drawn } = wanting;
    const readings = yield* ports.counters.read([interfaceName]);
    const own = readings.find(({ peerKey }) => peerKey === drawn.config.tunnelKey);
    if (own !== undefined) board.exits.audit(wanting, own.received);
  }
});

/** Whatever goes wrong is told and tried again: routes are no reason to stop. */
const guarded = (
  effect: Effect.Effect<unknown, { readonly words: string }>,
  forget: () => void = () => {},
): Effect.Effect<void> =>
  Effect.asVoid(effect).pipe(
    Effect.catch(({ words }) => Effect.as(Effect.logWarning(`routes: ${words}`), "failed")),
    Effect.catchDefect((defect) =>
      Effect.as(Effect.logError(`routes: ${String(defect)}`), "failed"),
    ),
    Effect.flatMap((outcome) =>
      outcome === "failed" ? Effect.andThen(Effect.sync(forget), Effect.sleep(1000)) : Effect.void,
    ),
  );

const machineAddresses = (): readonly OwnAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([interfaceName, all]) =>
    (all ?? []).map(({ address, cidr }) => ({ interfaceName, address, cidr })),
  );
