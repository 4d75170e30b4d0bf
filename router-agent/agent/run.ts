import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import type { Config } from "#agent/config/config.ts";
import { type Agent, startAgent } from "./agent.ts";
import { controlPath, controlSocket } from "./control-socket.ts";
import { liveLayers } from "./live-layers.ts";
import { answerRequest } from "./request.ts";

/** How a run of the agent ends. */
export interface RunOptions {
  /** Leave tunnels, queues and rules as they are at the end: counters survive a restart. */
  readonly keepTunnels: boolean;
  /** Called once everything runs. */
  readonly onStarted: (agent: Agent) => Effect.Effect<void>;
}

/** How long to wait, at the end, for neighbours to acknowledge what was settled. */
const graceMilliseconds = 1500;

/** Runs an agent on this machine until it is interrupted, or told to stop on its control socket. */
export const runAgent = (config: Config, options: RunOptions) =>
  Effect.gen(function* () {
    const keys = yield* Keys;
    const layers = Layer.mergeAll(
      fileJournal({
        directory: config.journal.directory,
        limit: Number(config.journal.limit),
      }),
      liveLayers(keys.nodeId, config),
    );
    yield* session(config, options).pipe(Effect.provide(layers), Effect.scoped);
  }).pipe(Effect.provide(fileKeys(config.keysFile)), Effect.scoped);

const session = Effect.fnUntraced(function* (config: Config, options: RunOptions) {
  const tunnel = yield* Tunnel;
  const queueing = yield* Queueing;
  const stopping = yield* Deferred.make<"stop" | "stop and keep">();
  let keep = options.keepTunnels;
  yield* Effect.addFinalizer(() => (keep ? Effect.void : cleanUp(config, tunnel, queueing)));
  yield* removeLeftovers(config, tunnel);
  const agent = yield* startAgent(config);
  yield* Effect.addFinalizer(() => farewell(agent));
  yield* controlSocket(controlPath(config.journal.directory), answerRequest(agent, stopping));
  yield* options.onStarted(agent);
  const how = yield* Deferred.await(stopping);
  if (how === "stop and keep") keep = true;
});

/** The last readings and payments, and a moment for the neighbours to acknowledge them. */
const farewell = (agent: Agent) =>
  Effect.gen(function* () {
    yield* agent.ask({ type: "Wish", wish: { type: "Settle" } });
    const began = process.hrtime.bigint();
    while (
      !acknowledged(agent) &&
      process.hrtime.bigint() - began < BigInt(graceMilliseconds) * 1_000_000n
    ) {
      yield* Effect.sleep("50 millis");
    }
  }).pipe(Effect.timeout("5 seconds"), Effect.ignore);

function acknowledged(agent: Agent): boolean {
  const { ledger, live } = agent.node();
  return ledger.neighbours.every(
    (neighbour, i) => (neighbour.signed?.cumulative ?? 0n) <= (live[i]?.acknowledged ?? 0n),
  );
}

/** Tunnels with our prefix that no neighbour owns: of an older configuration, or a killed run. */
const removeLeftovers = Effect.fnUntraced(function* (config: Config, tunnel: Tunnel["Service"]) {
  const wanted = new Set(
    config.neighbours.flatMap((one) =>
      Array.from({ length: one.classes + 1 }, (_, i) => `${config.interfacePrefix}${one.name}${i}`),
    ),
  );
  const found = yield* tunnel.list(config.interfacePrefix);
  for (const name of found.filter((one) => !wanted.has(one))) {
    yield* Effect.logInfo(`removing the left-over tunnel ${name}`);
    yield* tunnel.remove(name);
  }
});

const cleanUp = (config: Config, tunnel: Tunnel["Service"], queueing: Queueing["Service"]) =>
  Effect.gen(function* () {
    yield* queueing.clean.pipe(Effect.catch((error) => Effect.logError(error.words)));
    const found = yield* tunnel.list(config.interfacePrefix);
    yield* Effect.forEach(found, (name) => tunnel.remove(name), { discard: true });
  }).pipe(Effect.catch((error) => Effect.logError(error.words)));
