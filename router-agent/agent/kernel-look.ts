import * as Effect from "effect/Effect";
import { type CounterReading, generationOf } from "#adapters/counters/counters.ts";
import type { Input, Reading } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Blueprint, NeighbourBlueprint } from "./blueprint.ts";
import type { KernelLimits } from "./kernel-limits.ts";
import type { AgentPorts } from "./ports.ts";

/** What a look at the kernel found. */
export interface KernelLook {
  readonly readings: readonly CounterReading[];
  /** Interfaces that had vanished and were made again. */
  readonly repaired: readonly string[];
}

/**
 * Reads all counters once; an interface that vanished is made again first. Never fails: what
 * cannot be read now is left out, and read at the next look.
 */
export const lookAtKernel = Effect.fnUntraced(function* (
  ports: AgentPorts,
  plan: Blueprint,
  limits: KernelLimits,
) {
  const names = plan.neighbours.flatMap(({ interfaces }) => interfaces);
  const first = yield* readCounters(ports, names);
  const missing = names.filter((name) => !first.some((one) => one.name === name));
  if (missing.length === 0) return { readings: found(first), repaired: [] };
  for (const neighbour of plan.neighbours) yield* repair(ports, plan, limits, neighbour, missing);
  const second = yield* readCounters(ports, names);
  return { readings: found(second), repaired: missing };
});

/** Tunnels that are there keep their counters; queues and limits are made anew, closed at first. */
export const raiseTunnels = Effect.fnUntraced(function* (ports: AgentPorts, plan: Blueprint) {
  for (const tunnel of plan.neighbours.flatMap(({ tunnels }) => tunnels)) {
    yield* ports.tunnel.apply({ ...tunnel, privateKey: ports.keys.tunnelPrivateKey });
  }
  const queues = plan.neighbours.map(({ queue }) => queue);
  yield* ports.queueing.attach(queues, plan.routes);
});

/** The inputs that a look leads to: all counters in one, and a poke. */
export function lookInputs(
  node: Node,
  plan: Blueprint,
  bootId: string,
  readings: readonly CounterReading[],
): readonly Input[] {
  const all = plan.neighbours.flatMap(({ interfaces, config }): readonly Reading[] => {
    const neighbour = node.ledger.neighbours.findIndex((one) => one.id === config.id);
    if (neighbour < 0) return [];
    return interfaces.flatMap((name, i) => {
      // A peer that somebody else added to our interface is nobody's account.
      const one = readings.find(
        ({ interfaceName, peerKey }) => interfaceName === name && peerKey === config.tunnelKey,
      );
      if (one === undefined) return [];
      const generation = generationOf(bootId, one);
      const { sent, received } = one;
      return [{ neighbour, class: i as PriceClass, generation, sent, received }];
    });
  });
  return [{ type: "Readings", readings: all }, { type: "Poke" }];
}

/** The reading of an interface, or that it is there but could not be read. */
interface Found {
  readonly name: string;
  readonly reading: CounterReading | undefined;
}

function found(all: readonly Found[]): readonly CounterReading[] {
  return all.flatMap(({ reading }) => (reading === undefined ? [] : [reading]));
}

/** All in one read; where that fails, one by one, so that one bad tunnel stops no other's bill. */
const readCounters = (ports: AgentPorts, names: readonly string[]) =>
  readTogether(ports, names).pipe(
    Effect.catch(() =>
      Effect.map(
        Effect.forEach(names, (name) =>
          readTogether(ports, [name]).pipe(
            Effect.catch((error) =>
              Effect.as(Effect.logWarning(error.words), [{ name, reading: undefined }]),
            ),
          ),
        ),
        (each) => each.flat(),
      ),
    ),
  );

const readTogether = (ports: AgentPorts, names: readonly string[]) =>
  Effect.map(ports.counters.read(names), (readings): readonly Found[] =>
    readings.map((reading) => ({ name: reading.interfaceName, reading })),
  );

/** Makes a neighbour's vanished tunnels again, closed: what was left of their quotas is void. */
const repair = Effect.fnUntraced(function* (
  ports: AgentPorts,
  plan: Blueprint,
  limits: KernelLimits,
  neighbour: NeighbourBlueprint,
  missing: readonly string[],
) {
  const lost = neighbour.tunnels.filter(({ name }) => missing.includes(name));
  if (lost.length === 0) return;
  const names = lost.map(({ name }) => name);
  yield* limits.close(neighbour.interfaces.slice(1).filter((name) => names.includes(name)));
  const privateKey = ports.keys.tunnelPrivateKey;
  const made = Effect.forEach(lost, (tunnel) => ports.tunnel.apply({ ...tunnel, privateKey }));
  yield* made.pipe(
    Effect.andThen(ports.queueing.mend(neighbour.queue, plan.routes)),
    Effect.andThen(Effect.logWarning(`made again: ${names.join(", ")}`)),
    Effect.catch((error) => Effect.logError(error.words)),
  );
});
