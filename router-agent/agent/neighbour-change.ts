import * as Effect from "effect/Effect";
import type { Blueprint, NeighbourBlueprint } from "./blueprint.ts";
import { attachQueues, raiseTunnels } from "./kernel-look.ts";
import type { AgentPorts } from "./ports.ts";
import type { TurnTaker } from "./turn-taker.ts";

/** What is different between two blueprints, as far as the kernel has to know. */
export interface NeighbourChange {
  readonly added: readonly NeighbourBlueprint[];
  readonly gone: readonly NeighbourBlueprint[];
  /** Whose tunnels lead to another key or place, as they will be. */
  readonly moved: readonly NeighbourBlueprint[];
  /** Of those, whose key is another one: their counters begin anew. */
  readonly rekeyed: readonly NeighbourBlueprint[];
  readonly routes: boolean;
  /** Rates, bids, or what is asked for. */
  readonly queues: boolean;
}

/** The difference between two blueprints of one agent. */
export function neighbourChange(before: Blueprint, after: Blueprint): NeighbourChange {
  const formerOf = ({ config }: NeighbourBlueprint) =>
    before.neighbours.find((one) => one.config.id === config.id);
  const stays = (one: NeighbourBlueprint) =>
    after.neighbours.some(({ config }) => config.id === one.config.id);
  const moved = after.neighbours.filter((one) => {
    const former = formerOf(one);
    return former !== undefined && text(former.tunnels) !== text(one.tunnels);
  });
  return {
    added: after.neighbours.filter((one) => formerOf(one) === undefined),
    gone: before.neighbours.filter((one) => !stays(one)),
    moved,
    rekeyed: moved.filter((one) => formerOf(one)?.config.tunnelKey !== one.config.tunnelKey),
    routes: text(before.routes) !== text(after.routes),
    queues: queuesOf(before) !== queuesOf(after),
  };
}

/** Whether the kernel has nothing to do. */
export function isNothing({ added, gone, moved, routes, queues }: NeighbourChange): boolean {
  return added.length + gone.length + moved.length === 0 && !routes && !queues;
}

/**
 * Brings the kernel from one blueprint to the next while the agent runs. Whoever stays keeps its
 * tunnels and their counters. Whoever goes, or comes by another key, is read to the last byte and
 * paid first. Not for two fibers at once, nor beside a turn. Where it fails, everything is as before.
 */
export const changeNeighbours = Effect.fnUntraced(function* (
  ports: AgentPorts,
  turns: TurnTaker,
  before: Blueprint,
  after: Blueprint,
) {
  const change = neighbourChange(before, after);
  if (isNothing(change)) return change;
  const closing = [...change.gone, ...change.rekeyed].flatMap((one) => one.interfaces.slice(1));
  if (closing.length > 0) yield* partingReadings(turns, before, closing);
  const raising = { ...after, neighbours: [...change.added, ...change.moved] };
  yield* raiseTunnels(ports, raising).pipe(
    Effect.andThen(ports.link.setNeighbours(after.neighbours.map(({ link }) => link))),
    Effect.andThen(needsQueues(change) ? attachQueues(ports, after) : Effect.void),
    Effect.tapError(() => restore(ports, turns, before, change)),
    Effect.ensuring(Effect.sync(() => turns.admit(closing))),
  );
  yield* turns.reattached(after);
  yield* removeTunnels(ports, change.gone);
  return change;
});

/** Channels of neighbours that came: asked for once the core knows whose they are. */
export const watchChannels = (ports: AgentPorts, { added }: NeighbourChange) =>
  Effect.forEach(
    added,
    ({ config: { id, depositIn, depositOut } }) =>
      ports.settlement
        .watch(id, { depositIn, depositOut })
        .pipe(Effect.catch(({ message }) => Effect.logWarning(message))),
    { discard: true },
  );

/** Who only moved keeps its interfaces, and with them its queues. */
function needsQueues({ added, gone, routes, queues }: NeighbourChange): boolean {
  return added.length + gone.length > 0 || routes || queues;
}

/** Paid traffic ends, is read twice (T18), and paid. */
const partingReadings = Effect.fnUntraced(function* (
  turns: TurnTaker,
  before: Blueprint,
  closing: readonly string[],
) {
  yield* turns.bar(closing);
  yield* Effect.sleep(drainTime);
  yield* turns.take(before, [{ type: "Look" }]);
  yield* turns.take(before, [{ type: "Look" }]);
  yield* turns.take(before, [{ type: "Wish", wish: { type: "Settle" } }]);
});

/** How long queues take to send what they hold, once paid traffic has ended, in ms. */
const drainTime = 100;

/** As well as it can be done: what does not succeed now is mended by looks. */
const restore = Effect.fnUntraced(function* (
  ports: AgentPorts,
  turns: TurnTaker,
  before: Blueprint,
  { added, moved }: NeighbourChange,
) {
  const former = before.neighbours.filter(({ config }) =>
    moved.some((one) => one.config.id === config.id),
  );
  yield* Effect.ignore(raiseTunnels(ports, { ...before, neighbours: former }));
  yield* Effect.ignore(ports.link.setNeighbours(before.neighbours.map(({ link }) => link)));
  yield* Effect.ignore(attachQueues(ports, before));
  yield* turns.reattached(before);
  yield* removeTunnels(ports, added);
});

const removeTunnels = (ports: AgentPorts, neighbours: readonly NeighbourBlueprint[]) =>
  Effect.forEach(
    neighbours.flatMap(({ interfaces }) => interfaces),
    (name) => Effect.catch(ports.tunnel.remove(name), (error) => Effect.logError(error.words)),
    { discard: true },
  );

function queuesOf({ neighbours }: Blueprint): string {
  return text(neighbours.map(({ queue }) => queue));
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
}
