import * as Data from "effect/Data";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { Counters } from "#adapters/counters/counters.ts";
import { type RecentCommits, recentCommits, remembering } from "#adapters/index/recent-commits.ts";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { Link } from "#adapters/link/link.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import { startBidKeeper } from "#agent/bids/bid-keeper.ts";
import type { Config } from "#agent/config/config.ts";
import { defenceFile } from "#agent/defence/defence-file.ts";
import { defenceInterval, startDefenceKeeper } from "#agent/defence/defence-keeper.ts";
import { openDefenceMemory } from "#agent/defence/defence-memory.ts";
import { leakInterval, startLeakKeeper } from "#agent/defence/leak-keeper.ts";
import { startOwnUsers } from "#agent/defence/own-users.ts";
import { type RouteMoves, routeMoves } from "#agent/defence/route-moves.ts";
import { startUnsoldKeeper } from "#agent/defence/unsold-keeper.ts";
import { routerLog } from "#agent/log/router-log.ts";
import { startMarketKeeper } from "#agent/market/market-keeper.ts";
import { withPolicy } from "#agent/policy/policy-effect.ts";
import { type PolicyFacts, policyInForce, startPolicyKeeper } from "#agent/policy/policy-keeper.ts";
import { needsRoutes } from "#agent/routing/route-need.ts";
import { type Agent, startAgent } from "./agent.ts";
import { noteCivilTimes } from "./civil-time.ts";
import { controlPath, controlSocket } from "./control-socket.ts";
import { startEdgeQueueKeeper } from "./edge-queue-keeper.ts";
import { startFace } from "./face.ts";
import { liveDiscovery, withFound } from "./live-discovery.ts";
import { liveLayers } from "./live-layers.ts";
import { answerRequest, type Ending, type Reload } from "./request.ts";
import { resoldFile } from "./resold-memory.ts";
import { startSettlementKeeper } from "./settlement-keeper.ts";
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

/** So often an agent starts again because of flipped bits; after that its memory is not to be trusted. */
export const flipLimit = 8;

/** Memory fails again and again: nobody should run an agent on this machine. */
export class MemoryFailing extends Data.TaggedError("MemoryFailing")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/**
 * Runs an agent on this machine until it is interrupted, or told to stop on its control socket. Where
 * a bit flipped in its memory, it starts again from what is on the disk: keys, journal and all.
 */
export const runAgent = (config: Config, options: RunOptions) =>
  lives(config, options).pipe(Effect.provide(routerLog(config.logLevel)));

const lives = Effect.fnUntraced(function* (config: Config, options: RunOptions) {
  for (let flips = 1; ; flips++) {
    const words = yield* runOnce(config, options);
    if (words === undefined) return;
    if (flips > flipLimit) {
      return yield* new MemoryFailing({
        words: `${words}, and that was the ${flips}th time: check the memory of this machine; forwarding goes on`,
      });
    }
    yield* Effect.logError(words);
  }
});

/** One run; ends with words where a bit flipped. The journal is opened first and closed last. */
const runOnce = (written: Config, options: RunOptions) =>
  Effect.gen(function* () {
    const keys = yield* Keys;
    const held = yield* policyInForce(written);
    const config = withPolicy(yield* withFound(written), held.inForce);
    const journal = fileJournal({
      directory: config.journal.directory,
      limit: config.journal.limit,
      archiveDirectory: config.journal.archive,
    });
    // The machine's layers begin only once the journal's lock is ours.
    const recent = config.history.on ? recentCommits() : undefined;
    const kept = recent === undefined ? journal : rememberedJournal(journal, recent);
    const layers = liveLayers(keys.signer, config).pipe(Layer.provideMerge(kept));
    // The session ends first: it cleans up through what the layers hold open.
    return yield* session({ config, written, held }, options, recent).pipe(
      Effect.scoped,
      Effect.provide(layers),
    );
  }).pipe(Effect.provide(fileKeys(written.keysFile, written.passphraseFile)), Effect.scoped);

/** The same journal, whose newest commits are remembered for the index. */
const rememberedJournal = <E>(journal: Layer.Layer<Journal, E>, recent: RecentCommits) =>
  Layer.effect(
    Journal,
    Effect.map(Journal, (real) => remembering(real, recent)),
  ).pipe(Layer.provide(journal));

/** Loaded only where it is wanted: an agent without an index has none of it in memory. */
const historianFor = Effect.fnUntraced(function* (
  { journal: { directory, archive }, history }: Config,
  recent: RecentCommits | undefined,
) {
  if (recent === undefined) return undefined;
  const { liveHistorian } = yield* Effect.promise(() => import("./live-historian.ts"));
  return yield* liveHistorian({ ...history, directory, archive }, recent);
});

/** Loaded only where it is wanted, as history is. Without its babeld the agent bills all the same. */
const routingFor = Effect.fnUntraced(function* (
  agent: Agent,
  keeps: () => boolean,
  moves: RouteMoves,
) {
  if (!needsRoutes(agent.config())) return undefined;
  const { liveRouting } = yield* Effect.promise(() => import("#agent/routing/live-routing.ts"));
  return yield* liveRouting(agent, keeps, moves);
});

/** What a session begins with. */
interface Begun {
  readonly config: Config;
  /** The configuration as it stands in its file, without what was found or accepted. */
  readonly written: Config;
  readonly held: PolicyFacts;
}

const session = Effect.fnUntraced(function* (
  { config, written, held }: Begun,
  options: RunOptions,
  recent: RecentCommits | undefined,
) {
  const tunnel = yield* Tunnel;
  const queueing = yield* Queueing;
  const stopping = yield* Deferred.make<Ending>();
  let keep = options.keepTunnels;
  yield* Effect.addFinalizer(() => (keep ? Effect.void : cleanUp(config, tunnel, queueing)));
  yield* removeLeftovers(config, tunnel);
  yield* noteCivilTimes(yield* Journal, config.journal.directory);
  const agent = yield* startAgent(config, resoldFile(config.journal.directory));
  const historian = yield* historianFor(config, recent);
  yield* Effect.addFinalizer(() =>
    agent.stopped() === undefined ? farewell(agent, keep) : Effect.void,
  );
  yield* startEdgeQueueKeeper([...config.edges.lan, ...config.edges.clients]);
  const keeper = yield* startSettlementKeeper(agent, yield* Settlement);
  const finder = yield* liveDiscovery(agent, written);
  const moves = routeMoves();
  const routes = yield* routingFor(agent, () => keep, moves);
  const kept = yield* openDefenceMemory(agent, defenceFile(config.journal.directory));
  const defence = yield* startDefenceKeeper(agent, queueing, moves.besides, defenceInterval, kept);
  yield* startLeakKeeper(agent, queueing, leakInterval, kept);
  yield* startUnsoldKeeper(agent, queueing, yield* Counters);
  const ownUsers = yield* startOwnUsers(agent, queueing);
  let file = written;
  const policy = yield* startPolicyKeeper(agent, () => file, held);
  const reload =
    options.reload &&
    Effect.flatMap(options.reload, (next) => {
      file = next;
      return Effect.map(policyInForce(next), ({ inForce }) => withPolicy(next, inForce));
    });
  const market = yield* startMarketKeeper(agent);
  const bids = yield* startBidKeeper(agent, yield* Link);
  const parts = { historian, keeper, finder, routes, market, defence, ownUsers };
  const helpers = { ...parts, reload, policy, bids };
  const asked = answerRequest(agent, stopping, helpers);
  const answer = yield* startFace(agent, asked);
  yield* controlSocket(controlPath(config.journal.directory), answer);
  yield* options.onStarted(agent);
  const told = Effect.map(Deferred.await(stopping), (ending) => ({ ending, words: undefined }));
  const parted = Effect.map(agent.flipped, (words) => ({ ending: undefined, words }));
  const { ending, words } = yield* Effect.raceFirst(told, parted);
  // After a flip the tunnels stay, so that the counters do, and nothing of this run is said any more.
  if (ending !== "stop") keep = true;
  return words;
});
