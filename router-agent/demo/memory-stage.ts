import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import type { Scope } from "effect/Scope";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { memoryCounters } from "#adapters/counters/memory-counters.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import { keysFromSeed, seededKeys } from "#adapters/keys/seeded-keys.ts";
import { type Ether, ether } from "#adapters/link/ether.ts";
import { faults } from "#adapters/link/fate.ts";
import { carry, type MemoryKernel, memoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { memoryOutbox, type OutboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { memoryTunnel } from "#adapters/tunnel/memory-tunnel.ts";
import { type Agent, startAgent } from "#agent/agent/agent.ts";
import type { Answer, Request } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { answerRequest, statusOf } from "#agent/agent/request.ts";
import { type SettlementKeeper, startSettlementKeeper } from "#agent/agent/settlement-keeper.ts";
import { settlementLayer } from "#agent/agent/settlement-layer.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import type { DemoChain } from "./demo-chain.ts";
import {
  type ChainSettings,
  type DemoPlace,
  demoConfig,
  freeRate,
  type RouterKeys,
} from "./demo-config.ts";
import { lively } from "./pace.ts";
import {
  type RouterName,
  type RouterStatus,
  routerNames,
  type Stage,
  type TunnelCounter,
  tunnels,
} from "./stage.ts";

/** Of a thousand bytes, so many are lost on every cable. */
const lostPerMille = 50n;

/** Bytes offered a tick, and milliseconds between ticks. */
const offered = 80_000n;
const tick = 50;

/** Bytes a tick that the free class carries. */
const freeBytes = BigInt((freeRate / 8 / 1000) * tick);

/** One router of the stage: what outlives its agent, and the agent while there is one. */
interface Router {
  readonly config: Config;
  readonly disk: ReturnType<typeof memoryDisk>;
  readonly kernel: MemoryKernel;
  /** What is on its way to the chain outlives an agent too. */
  readonly outbox: OutboxFile;
  keeper: SettlementKeeper | undefined;
  agent: Agent | undefined;
  fiber: Fiber.Fiber<unknown, unknown> | undefined;
}

/** How a story in memory is told. */
export interface MemoryOptions {
  /** Why not on the kernel. */
  readonly why: string;
  readonly curtain: AbortSignal;
  /** So many times as fast as on the kernel; 1 for people, more for tests. */
  readonly pace?: number;
  /** Where channels lie; nothing: they are what the configuration says. */
  readonly chain?: DemoChain | undefined;
  /** Whoever stands beside the agents and looks at them. */
  readonly bystander?: Bystander | undefined;
}

/** Sees what an agent journals and answers, and changes nothing of it. */
export interface Bystander {
  /** What stands between an agent and its journal. */
  readonly journal: (name: RouterName, real: Journal["Service"]) => Journal["Service"];
  /** Called once an agent runs; lives as long as it does. */
  readonly start: (
    name: RouterName,
    agent: Agent,
    answer: Answer,
  ) => Effect.Effect<void, never, Scope>;
}

/** The same story without root: the shipped agents, on the in-memory twins of every port. */
export async function memoryStage(options: MemoryOptions): Promise<Stage> {
  const { why, curtain, pace = 1, chain, bystander } = options;
  const network = ether();
  network.setFate(faults({ loseEvery: 20, doubleEvery: 33 }));
  await chain?.fund(routerNames.map((name) => keysFromSeed(`demo ${name}`).nodeId));
  const routers = routersAt(pace, chain);
  for (const name of routerNames) await start(name, routers[name], network, bystander);
  const pump = { running: undefined as NodeJS.Timeout | undefined, cheating: false };
  const stopPump = (): void => {
    clearInterval(pump.running);
    pump.running = undefined;
  };
  const dismiss = async (): Promise<void> => {
    for (const name of routerNames) await end(routers[name]);
  };
  return {
    mode: "memory",
    chain,
    note: `in memory, because ${why}; agents, journals and books are the real ones, the kernel is not`,
    status: async (name) => {
      const { agent } = routers[name];
      return agent === undefined
        ? undefined
        : (JSON.parse(toJson(statusOf(agent))) as RouterStatus);
    },
    ask: (name, request) => ask(name, routers[name], request),
    wait: (milliseconds) => sleep(milliseconds / pace, undefined, { signal: curtain }),
    now: () => performance.now() * pace,
    startTraffic: async () => {
      pump.running = setInterval(() => flow(routers, pump.cheating), tick / pace);
    },
    stopTraffic: async () => stopPump(),
    transfer: async () => undefined,
    kill: (name) => end(routers[name]),
    restart: (name) => start(name, routers[name], network, bystander),
    deleteTunnel: async () => {
      routers.b.kernel.interfaces.delete(tunnelName("b", "c", 1));
    },
    cheat: async (cheating) => {
      pump.cheating = cheating;
    },
    counters: async () => tunnels.map((tunnel) => counted(routers, tunnel)),
    dismiss,
    journals: async () => {
      const events = (name: RouterName) =>
        routers[name].disk.commits.flatMap((one) => decodeCommit(one));
      return { a: events("a"), b: events("b"), c: events("c") };
    },
    keepJournals: async (directory) => {
      for (const name of routerNames) {
        const place = join(directory, name);
        await mkdir(place, { recursive: true, mode: 0o700 });
        const { disk } = routers[name];
        for (const file of disk.list().filter((one) => /^(?:segment|snapshot)-\d+$/.test(one))) {
          await writeFile(join(place, file), disk.read(file, Number.MAX_SAFE_INTEGER));
        }
      }
    },
    close: async () => {
      stopPump();
      await dismiss();
    },
  };
}

function routersAt(pace: number, chain: DemoChain | undefined): Record<RouterName, Router> {
  const settings = chain?.settings(undefined);
  const keyOf = (name: RouterName): RouterKeys => {
    const { nodeId, tunnelPublicKey } = keysFromSeed(`demo ${name}`);
    return { nodeId, tunnelKey: tunnelPublicKey };
  };
  const keys = { a: keyOf("a"), b: keyOf("b"), c: keyOf("c") };
  return {
    a: routerOf("a", keys, pace, settings),
    b: routerOf("b", keys, pace, settings),
    c: routerOf("c", keys, pace, settings),
  };
}

function ask(name: RouterName, { agent, keeper }: Router, request: Request): Promise<unknown> {
  if (agent === undefined) return Promise.reject(new Error(`${name} does not run`));
  return Effect.runPromise(answerOf(agent, keeper)(request));
}

function answerOf(agent: Agent, keeper: SettlementKeeper | undefined): Answer {
  const stopping = Deferred.makeUnsafe<"stop" | "stop and keep">();
  return answerRequest(agent, stopping, { keeper });
}

function tunnelName(from: RouterName, to: RouterName, priceClass: number): string {
  return `r${from}${to}${priceClass}`;
}

function counted(
  routers: Record<RouterName, Router>,
  { from, to, class: priceClass }: (typeof tunnels)[number],
): TunnelCounter {
  const near = routers[from].kernel.interfaces.get(tunnelName(from, to, priceClass));
  const far = routers[to].kernel.interfaces.get(tunnelName(to, from, priceClass));
  return {
    from,
    to,
    class: priceClass,
    sent: near?.sent ?? 0n,
    received: far?.received ?? 0n,
  };
}

function routerOf(
  name: RouterName,
  keys: Record<RouterName, RouterKeys>,
  pace: number,
  chain: ChainSettings | undefined,
): Router {
  const place: DemoPlace = {
    prefix: `r${name}`,
    journal: "/nowhere/journal",
    keys: "/nowhere/keys",
    pace: { ...lively, pokeInterval: Math.round(lively.pokeInterval / pace) },
    meeting: {
      kind: "written",
      listenPort: (towards) => 51_000 + 100 * routerNames.indexOf(towards),
      endpoint: (towards) => ({
        host: `${towards}.example.net`,
        port: 51_000 + 100 * routerNames.indexOf(name),
      }),
    },
  };
  const text = demoConfig(name, keys, place, chain);
  const reading = readConfigText(text);
  if (!reading.ok)
    throw new Error(`the demo's configuration is refused: ${JSON.stringify(reading.problems)}`);
  return {
    config: reading.config,
    disk: memoryDisk(),
    kernel: memoryKernel(),
    outbox: memoryOutbox(),
    keeper: undefined,
    agent: undefined,
    fiber: undefined,
  };
}

async function start(
  name: RouterName,
  router: Router,
  network: Ether,
  bystander: Bystander | undefined,
): Promise<void> {
  const { config, kernel, disk } = router;
  const { signer } = keysFromSeed(`demo ${name}`);
  const layers = Layer.mergeAll(
    Layer.effect(
      Journal,
      Effect.map(Journal, (real) => bystander?.journal(name, real) ?? real),
    ).pipe(Layer.provide(memoryJournal(disk))),
    seededKeys(`demo ${name}`),
    memoryTunnel(kernel),
    memoryCounters(kernel),
    memoryQueueing(kernel),
    settlementLayer(signer, config, router.outbox),
    network
      .link(
        signer.id,
        config.neighbours.map(({ id }) => id),
      )
      .pipe(Layer.provide(machineClock)),
    Logger.layer([]),
  );
  await new Promise<void>((resolve, reject) => {
    const life = Effect.gen(function* () {
      const agent = yield* startAgent(config);
      router.keeper = yield* startSettlementKeeper(agent, yield* Settlement);
      router.agent = agent;
      if (bystander !== undefined)
        yield* bystander.start(name, agent, answerOf(agent, router.keeper));
      yield* Effect.sync(resolve);
      return yield* Effect.never;
    });
    router.fiber = Effect.runFork(life.pipe(Effect.provide(layers), Effect.scoped));
    router.fiber.addObserver((exit) => {
      if (exit._tag === "Failure")
        reject(new Error(`the agent of ${name} ended: ${String(exit.cause)}`));
    });
  });
}

/** As SIGKILL would: no farewell, nothing written any more. */
async function end(router: Router): Promise<void> {
  const { fiber } = router;
  router.fiber = undefined;
  router.agent = undefined;
  if (fiber !== undefined) await Effect.runPromise(Fiber.interrupt(fiber));
}

/** A tick of traffic: a to the internet through b and c, and a third of what arrives back to b. */
function flow(routers: Record<RouterName, Router>, cheating: boolean): void {
  const wire = (from: RouterName, to: RouterName, priceClass: number) =>
    [
      routers[from].kernel.interfaces.get(tunnelName(from, to, priceClass)),
      routers[to].kernel.interfaces.get(tunnelName(to, from, priceClass)),
    ] as const;
  const throttled = routers.b.kernel.throttled.has(0);
  const first = carry(...wire("a", "b", 1), offered, lostPerMille, cheating);
  const second = carry(...wire("b", "c", 1), throttled ? 0n : first.asPaid, lostPerMille);
  carry(...wire("c", "b", 1), second.asPaid / 3n, lostPerMille);
  // The free class has no quota.
  const free = throttled ? freeBytes : first.degraded < freeBytes ? first.degraded : freeBytes;
  carry(...wire("b", "c", 0), free, lostPerMille, true);
}
