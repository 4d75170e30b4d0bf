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
  /** What else somebody had taken away and is there again, in words. */
  readonly restored: readonly string[];
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
  for (const neighbour of plan.neighbours) yield* repair(ports, plan, limits, neighbour, missing);
  const restored = yield* restore(ports, limits);
  const second = missing.length === 0 ? first : yield* readCounters(ports, names);
  return { readings: found(second), repaired: missing, restored };
});

/** Restores tables, rules and queues; limits that began anew, closed, are handed on again. */
const restore = (ports: AgentPorts, limits: KernelLimits) =>
  ports.queueing.reconcile.pipe(
    Effect.tap(({ differences }) => Effect.forEach(differences, (one) => Effect.logWarning(one))),
    Effect.map(({ differences, closed }) => {
      if (closed) limits.forget();
      return differences;
    }),
    Effect.catch((error) => Effect.as(Effect.logError(error.words), [])),
  );

/** Makes the tunnels of a blueprint; those that are there keep their counters. */
export const raiseTunnels = Effect.fnUntraced(function* (ports: AgentPorts, plan: Blueprint) {
  for (const tunnel of plan.neighbours.flatMap(({ tunnels }) => tunnels)) {
    yield* ports.tunnel.apply({ ...tunnel, privateKey: ports.keys.tunnelPrivateKey });
  }
});

/** Queues, limits and routes of a blueprint; what is new is closed at first. */
export const attachQueues = (ports: AgentPorts, plan: Blueprint) =>
  ports.queueing.attach(
    plan.neighbours.map(({ queue }) => queue),
    plan.routes,
  );

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

/** What an interface of ours had counted when it vanished. */
export interface FinalCounters {
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  readonly received: bigint;
  readonly sent: bigint;
}

/**
 * What passed between the last look and the end of an interface, as a last reading of it. Only where the
 * ledger still counts that very interface: once a look has found the next one, a reading of the one
 * before would begin it anew. Nor where it falls behind what is known.
 */
export function finalInputs(
  node: Node,
  plan: Blueprint,
  bootId: string,
  finals: readonly FinalCounters[],
): readonly Input[] {
  const readings = plan.neighbours.flatMap(({ interfaces, config }): readonly Reading[] => {
    const neighbour = node.ledger.neighbours.findIndex((one) => one.id === config.id);
    const known = node.ledger.neighbours[neighbour];
    if (known === undefined) return [];
    return finals.flatMap(({ interfaceName, interfaceIndex, received, sent }) => {
      const at = interfaces.indexOf(interfaceName);
      const ways = [known.outbound[at - 1]?.counter, known.inbound[at - 1]?.counter] as const;
      const generation = generationOf(bootId, { interfaceIndex, peerKey: config.tunnelKey });
      const [out, into] = ways;
      const isPresent = ways.every((one) => one?.generation === generation);
      if (at < 1 || !isPresent || sent < (out?.raw ?? 0n) || received < (into?.raw ?? 0n))
        return [];
      return [{ neighbour, class: at as PriceClass, generation, sent, received }];
    });
  });
  return readings.length === 0 ? [] : [{ type: "Readings", readings }];
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
