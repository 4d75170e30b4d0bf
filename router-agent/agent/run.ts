import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import type { Config } from "#agent/config/config.ts";
import { type Agent, startAgent } from "./agent.ts";
import { noteCivilTimes } from "./civil-time.ts";
import { controlPath, controlSocket } from "./control-socket.ts";
import { startHistory } from "./history.ts";
import { liveLayers } from "./live-layers.ts";
import { answerRequest, type Ending, type Reload } from "./request.ts";
import { cleanUp, farewell, removeLeftovers } from "./shutdown.ts";

/** How a run of the agent begins and ends. */
export interface RunOptions {
  /** Leave tunnels, queues and rules as they are at the end: counters survive a restart. */
  readonly keepTunnels: boolean;
  /** Reads the configuration again; nothing where it did not come from a file. */
  readonly reload: Reload | undefined;
  /** Called once everything runs. */
  readonly onStarted: (agent: Agent) => Effect.Effect<void>;
}

/**
 * Runs an agent on this machine until it is interrupted, or told to stop on its control socket.
 * The journal is opened first and closed last.
 */
export const runAgent = (config: Config, options: RunOptions) =>
  Effect.gen(function* () {
    const keys = yield* Keys;
    const journal = fileJournal({
      directory: config.journal.directory,
      limit: config.journal.limit,
      archiveDirectory: config.journal.archive,
    });
    // The machine's layers begin only once the journal's lock is ours.
    const layers = liveLayers(keys.nodeId, config).pipe(Layer.provideMerge(journal));
    yield* session(config, options).pipe(Effect.provide(layers), Effect.scoped);
  }).pipe(Effect.provide(fileKeys(config.keysFile)), Effect.scoped);

const session = Effect.fnUntraced(function* (config: Config, options: RunOptions) {
  const tunnel = yield* Tunnel;
  const queueing = yield* Queueing;
  const stopping = yield* Deferred.make<Ending>();
  let keep = options.keepTunnels;
  yield* Effect.addFinalizer(() => (keep ? Effect.void : cleanUp(config, tunnel, queueing)));
  yield* removeLeftovers(config, tunnel);
  yield* noteCivilTimes(yield* Journal, config.journal.directory);
  const agent = yield* startAgent(config);
  yield* Effect.addFinalizer(() => farewell(agent, keep));
  const history = yield* startHistory(config, (yield* Journal).commits);
  const answer = answerRequest(agent, stopping, options.reload, history);
  yield* controlSocket(controlPath(config.journal.directory), answer);
  yield* options.onStarted(agent);
  const how = yield* Deferred.await(stopping);
  if (how === "stop and keep") keep = true;
});
