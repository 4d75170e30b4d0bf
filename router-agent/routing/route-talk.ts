import * as Effect from "effect/Effect";
import { outerLength } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import {
  decodeRouteMessage,
  encodeRouteMessage,
  type RouteMessage,
} from "#core/route/route-message.ts";
import type { RouteBoard } from "./route-board.ts";
import type { RoutePorts } from "./route-keeper.ts";
import type { WantedTariff } from "./tariff-sender.ts";

/** Of UDP over IPv6, in bytes. */
const headers = 48;

const microseconds = (): bigint => process.hrtime.bigint() / 1000n;

/** What we ask of a client, as the configuration has it by now; nothing for who is none. */
function wantedTariff(agent: Agent, { config }: NeighbourBlueprint): WantedTariff | undefined {
  const { delivery } = config;
  if (delivery?.role !== "exit") return undefined;
  const { signer, ledger } = agent.node();
  return {
    signer,
    run: ledger.run,
    loss: agent.config().exits.loss,
    prices: [{ class: delivery.carrier, price: delivery.tariff }],
  };
}

/** What is said to neighbours, and heard of them. */
export function routeTalk(agent: Agent, ports: RoutePorts, board: RouteBoard, wake: () => void) {
  const send = (drawn: NeighbourBlueprint, message: RouteMessage) => {
    const bytes = encodeRouteMessage(message);
    const measures = message.type === "PROBE" || message.type === "ECHO";
    if (measures) {
      board.ranks.spend(drawn.config.id, BigInt(outerLength(bytes.length + headers)));
    }
    return Effect.ignore(ports.link.send(drawn.config.id, bytes));
  };
  const drawnOf = (id: string) =>
    agent.blueprint().neighbours.find(({ config }) => config.id === id);

  /** All bytes to and from a neighbour so far, over all its tunnels. */
  const totals = ({ interfaces, config }: NeighbourBlueprint) =>
    Effect.map(ports.counters.read(interfaces), (readings) => {
      const own = readings.filter(({ peerKey }) => peerKey === config.tunnelKey);
      return own.reduce(
        (sum, one) => ({ sent: sum.sent + one.sent, received: sum.received + one.received }),
        { sent: 0n, received: 0n },
      );
    });
  const probe = Effect.fnUntraced(function* (drawn: NeighbourBlueprint) {
    const state = board.of(drawn.config.id);
    state.probed = performance.now();
    if (!state.measuring.probes.take(state.probed)) return;
    state.asked += 1;
    const { sent, received } = yield* totals(drawn);
    yield* send(drawn, state.probe.next(board.epoch, microseconds(), sent, received));
  });
  const echo = Effect.fnUntraced(function* (
    drawn: NeighbourBlueprint,
    { number, at }: Extract<RouteMessage, { readonly type: "PROBE" }>,
  ) {
    const arrived = microseconds();
    if (!board.of(drawn.config.id).measuring.answers.take(performance.now())) return;
    const { sent, received } = yield* totals(drawn);
    const held = microseconds() - arrived;
    yield* send(drawn, { type: "ECHO", epoch: board.epoch, number, at, held, received, sent });
  });
  const handle = Effect.fnUntraced(function* (drawn: NeighbourBlueprint, message: RouteMessage) {
    const state = board.of(drawn.config.id);
    state.sender.meet(message.epoch);
    state.tariff.meet(message.epoch);
    switch (message.type) {
      case "PROBE":
        if (!state.probe.answered()) state.asked = 0; // it speaks: worth asking again
        return yield* echo(drawn, message);
      case "ECHO": {
        const now = microseconds();
        const wasAlive = state.probe.alive(now);
        const { received } = yield* totals(drawn);
        state.probe.take(message, now, received);
        if (!wasAlive) wake();
        return;
      }
      case "OFFERS": {
        if (state.book.take(message, performance.now())) wake();
        const { epoch: of, number } = message;
        return yield* send(drawn, { type: "TAKEN", epoch: board.epoch, of, number });
      }
      case "TARIFF":
        return board.exits.take(drawn.config.id, message.tariff);
      case "TAKEN":
        return state.sender.taken(message.of, message.number);
    }
  });
  const hear = Effect.gen(function* () {
    const { neighbour, bytes } = yield* agent.routeMail;
    const drawn = drawnOf(neighbour);
    const message = decodeRouteMessage(bytes);
    if (drawn === undefined || message === undefined) return board.refuse();
    yield* handle(drawn, message);
  });

  return { hear, probe, ...tellers(agent, board, send) };
}

/** What is told without being asked. */
function tellers(
  agent: Agent,
  board: RouteBoard,
  send: (drawn: NeighbourBlueprint, message: RouteMessage) => Effect.Effect<void>,
) {
  const offers = Effect.suspend(() =>
    Effect.forEach(
      agent.blueprint().neighbours,
      (drawn) =>
        Effect.forEach(
          board.of(drawn.config.id).sender.due(performance.now()),
          (message) => send(drawn, message),
          { discard: true },
        ),
      { discard: true },
    ),
  );
  /** As an exit: our tariff to each client. */
  const tariffs = Effect.suspend(() =>
    Effect.forEach(
      agent.blueprint().neighbours,
      (drawn) => {
        const wanted = wantedTariff(agent, drawn);
        const bytes = wanted && board.of(drawn.config.id).tariff.due(wanted, performance.now());
        if (bytes === undefined) return Effect.void;
        return send(drawn, { type: "TARIFF", epoch: board.epoch, tariff: bytes });
      },
      { discard: true },
    ),
  );
  return { offers, tariffs };
}
