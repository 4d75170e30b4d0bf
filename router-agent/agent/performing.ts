import * as Effect from "effect/Effect";
import type { Node } from "#core/node/node.ts";
import type { Output, Standing } from "#core/node/output.ts";
import type { AgentCounts } from "./agent-counts.ts";
import type { Blueprint, NeighbourBlueprint } from "./blueprint.ts";
import type { KernelLimits } from "./kernel-limits.ts";
import type { AgentPorts } from "./ports.ts";

/** How many alarms are remembered. */
export const alarmLimit = 100;

/** Does what the core asks for. One fiber at a time. */
export interface Performer {
  /** Performs outputs whose events are durable. A failure is counted and logged, never passed on. */
  readonly perform: (
    plan: Blueprint,
    node: Node,
    outputs: readonly Output[],
  ) => Effect.Effect<void>;
  /** Queues were attached anew, perhaps open: whoever is throttled is so again. */
  readonly restand: (plan: Blueprint, node: Node) => Effect.Effect<void>;
  /** Tries again what the kernel refused last time. */
  readonly retry: Effect.Effect<void>;
  /** Newest last, at most {@link alarmLimit}. */
  readonly alarms: readonly string[];
  readonly alarm: (words: string) => Effect.Effect<void>;
}

/** Whoever performs the outputs of one agent. */
export function performer(ports: AgentPorts, limits: KernelLimits, counts: AgentCounts): Performer {
  const alarms: string[] = [];
  /** Standings that the kernel has not taken yet, by neighbour. */
  const owing = new Map<string, readonly [NeighbourBlueprint, Standing]>();
  const alarm = (words: string) =>
    Effect.suspend(() => {
      alarms.push(words);
      if (alarms.length > alarmLimit) alarms.shift();
      return Effect.logError(words);
    });
  const stand = (drawn: NeighbourBlueprint, standing: Standing) =>
    ports.queueing.setStanding(drawn.queue, standing).pipe(
      Effect.andThen(Effect.sync(() => owing.delete(drawn.config.name))),
      Effect.catch((error) => {
        owing.set(drawn.config.name, [drawn, standing]);
        return Effect.logError(error.words);
      }),
    );
  const one = Effect.fnUntraced(function* (drawn: NeighbourBlueprint, output: Output) {
    const { name, id } = drawn.config;
    switch (output.type) {
      case "Send": {
        const sent = yield* Effect.result(ports.link.send(id, output.bytes));
        if (sent._tag === "Success") counts.sends += 1;
        else counts.failedSends += 1;
        return;
      }
      case "Quota":
      case "Gate": {
        const interfaceName = drawn.interfaces[output.class];
        if (interfaceName === undefined) return;
        const { type: kind, generation, limit } = output;
        return limits.want({ kind, interfaceName, generation, limit });
      }
      case "Standing": {
        if (output.standing === "throttled") {
          counts.throttles += 1;
          counts.throttlesOf[name] = (counts.throttlesOf[name] ?? 0) + 1;
        }
        yield* Effect.logInfo(`${name} is ${output.standing}`);
        return yield* stand(drawn, output.standing);
      }
      case "Alarm":
        return yield* alarm(`${name}: ${output.words}`);
    }
  });
  return {
    alarms,
    alarm,
    perform: Effect.fnUntraced(function* (plan, node, outputs) {
      for (const output of outputs) {
        const id = node.ledger.neighbours[output.neighbour]?.id;
        const drawn = plan.neighbours.find(({ config }) => config.id === id);
        if (drawn !== undefined) yield* one(drawn, output);
      }
    }),
    restand: Effect.fnUntraced(function* (plan, { ledger, live }) {
      owing.clear();
      for (const drawn of plan.neighbours) {
        const at = ledger.neighbours.findIndex(({ id }) => id === drawn.config.id);
        if (live[at]?.standing === "throttled") yield* stand(drawn, "throttled");
      }
    }),
    retry: Effect.suspend(() =>
      Effect.forEach([...owing.values()], ([drawn, standing]) => stand(drawn, standing), {
        discard: true,
      }),
    ),
  };
}
