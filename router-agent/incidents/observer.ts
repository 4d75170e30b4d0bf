import * as Effect from "effect/Effect";
import { type CounterReading, Counters } from "#adapters/counters/counters.ts";
import { type InterfaceBytes, Machine } from "#adapters/machine/machine.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { Answer } from "#agent/agent/control-socket.ts";
import { neighbourFacts } from "#agent/agent/facts.ts";
import { tableName } from "#agent/agent/table-name.ts";
import type { PolicyFacts } from "#agent/policy/policy-keeper.ts";
import { refusalText } from "#agent/policy/policy-verdict.ts";
import type { Observation, TunnelObservation } from "./observation.ts";

/** The table is looked for at every sixth look: that takes a process. */
const tableLooks = 6;

/** Looks at everything that incidents are noticed by. Never fails. */
export const observer = Effect.fnUntraced(function* (
  agent: Agent,
  answer: Answer,
  chainProblem: () => string | undefined,
) {
  const machine = yield* Machine;
  const counters = yield* Counters;
  let looks = 0;
  const observe: Effect.Effect<Observation> = Effect.gen(function* () {
    const config = agent.config();
    const { ledger, live } = agent.node();
    const names = new Map(config.neighbours.map(({ id, name }) => [id, name]));
    const interfaces = agent.blueprint().neighbours.flatMap((one) => one.interfaces);
    const read = yield* Effect.result(counters.read(interfaces));
    const kernel = yield* machine.interfaceBytes(interfaces);
    const look = looks++;
    return {
      now: yield* machine.now,
      tunnels: read._tag === "Success" ? tunnelsOf(agent, read.success, kernel) : [],
      countersFailed: read._tag === "Failure" ? read.failure.words : undefined,
      freeDisk: yield* machine.freeDisk(config.journal.directory),
      journalFull: agent.counts.full,
      chainProblem: chainProblem(),
      neighbours: neighbourFacts(ledger, live, agent.resets).map(({ id, protocol, junk }) => ({
        name: names.get(id) ?? id.slice(0, 12),
        protocol,
        ...(junk.stage === "none" ? {} : { junk }),
      })),
      tableMark:
        interfaces.length > 0 && look % tableLooks === 0
          ? yield* machine.tableMark(tableName(config))
          : undefined,
      memory: yield* machine.memory,
      routing: yield* routingOf(answer),
      ...(yield* policyOf(answer)),
    };
  });
  return observe;
});

function tunnelsOf(
  agent: Agent,
  readings: readonly CounterReading[],
  kernel: ReadonlyMap<string, InterfaceBytes>,
): readonly TunnelObservation[] {
  return agent.blueprint().neighbours.flatMap(({ config, interfaces }) =>
    interfaces.flatMap((name): readonly TunnelObservation[] => {
      const found = readings.find(
        (one) => one.interfaceName === name && one.peerKey === config.tunnelKey,
      );
      if (found === undefined) return [];
      const { sent, received, lastHandshake } = found;
      return [
        {
          interfaceName: name,
          neighbour: config.name,
          calls: config.endpoint !== undefined,
          sent,
          received,
          lastHandshake,
          kernel: kernel.get(name),
        },
      ];
    }),
  );
}

/** What `policy` says, where the agent knows that request. */
const policyOf = (answer: Answer): Effect.Effect<Pick<Observation, "policy">> =>
  answer(["policy", "known"]).pipe(
    Effect.map((told) => {
      const { inForce, words, refusal, notice } = told as PolicyFacts;
      const wrong = refusal === undefined ? notice : refusalText(refusal);
      if (wrong === undefined && inForce === undefined) return {};
      return { policy: { words: wrong && shown(words, wrong), versions: inForce?.versions } };
    }),
    Effect.catch(() => Effect.succeed({})),
  );

function shown(words: string, wrong: string): string {
  return words.includes(wrong) ? words : `${words}; a newer one is not followed: ${wrong}`;
}

/** What `routes` says of its daemon, where the agent knows that request. */
const routingOf = (answer: Answer) =>
  answer(["routes"]).pipe(
    Effect.map((told) => {
      const { babel, why } = (told ?? {}) as { readonly babel?: unknown; readonly why?: unknown };
      if (typeof babel !== "string") return undefined;
      return typeof why === "string" && babel !== "up" && babel !== "off"
        ? `${babel}: ${why}`
        : babel;
    }),
    Effect.catch(() => Effect.succeed(undefined)),
  );
