import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import type { Scope } from "effect/Scope";
import { type MonotonicClock, machineClock } from "#adapters/clock/monotonic-clock.ts";
import { Counters } from "#adapters/counters/counters.ts";
import { memoryCounters } from "#adapters/counters/memory-counters.ts";
import { Discovery } from "#adapters/discovery/discovery.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { type MemoryDisk, memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import type { Keys } from "#adapters/keys/keys.ts";
import { keysFromSeed, seededKeys } from "#adapters/keys/seeded-keys.ts";
import { type Ether, ether } from "#adapters/link/ether.ts";
import { Link } from "#adapters/link/link.ts";
import {
  type Carried,
  carry,
  type MemoryKernel,
  memoryKernel,
} from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { memoryOutbox, type OutboxFile } from "#adapters/settlement/chain/outbox-file.ts";
import { Settlement } from "#adapters/settlement/settlement.ts";
import { memoryTunnel } from "#adapters/tunnel/memory-tunnel.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import { type Agent, startAgent } from "#agent/agent/agent.ts";
import { type DiscoveryKeeper, startDiscoveryKeeper } from "#agent/agent/discovery-keeper.ts";
import type { RememberedStore } from "#agent/agent/remembered-file.ts";
import { withRemembered } from "#agent/agent/remembered-neighbour.ts";
import type { ResoldStore } from "#agent/agent/resold-memory.ts";
import { type SettlementKeeper, startSettlementKeeper } from "#agent/agent/settlement-keeper.ts";
import { settlementLayer } from "#agent/agent/settlement-layer.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";

/** Two routers, a and b; a pays b. The shipped agent on the in-memory twin of every port. */
export type RouterName = "a" | "b";

/** What outlives an agent, as disk and kernel do, and the agent while there is one. */
export interface MemoryRouter {
  readonly config: Config;
  readonly disk: MemoryDisk;
  readonly kernel: MemoryKernel;
  readonly outbox: OutboxFile;
  keeper: SettlementKeeper | undefined;
  /** Where it looks for neighbours: a discovery to make, and what it remembers. */
  discovery?: Layer.Layer<Discovery, never, Keys | MonotonicClock>;
  remembered?: RememberedStore;
  /** Where it lies what is resold; else it is forgotten with each run. */
  resold?: ResoldStore;
  finder?: DiscoveryKeeper;
  agent: Agent | undefined;
  fiber: Fiber.Fiber<unknown, unknown> | undefined;
}

/** What a test may put between an agent and its ports. */
export interface Tampering {
  readonly journal?: (real: Journal["Service"]) => Journal["Service"];
  readonly link?: (real: Link["Service"]) => Link["Service"];
  readonly queueing?: (real: Queueing["Service"]) => Queueing["Service"];
  readonly tunnel?: (real: Tunnel["Service"]) => Tunnel["Service"];
  readonly counters?: (real: Counters["Service"]) => Counters["Service"];
  /** Who stands beside the agent, as long as it lives. */
  readonly beside?: (
    agent: Agent,
    keeper: SettlementKeeper,
  ) => Effect.Effect<void, never, Counters | Link | Tunnel | Queueing | Keys | Scope>;
}

export interface MemoryRouters {
  readonly network: Ether;
  readonly a: MemoryRouter;
  readonly b: MemoryRouter;
}

const names = ["a", "b"] as const;

/** The configuration of one of the two. Looks come only when a test asks for them. */
export function configOf(
  name: RouterName,
  changes: Record<string, unknown> = {},
  own: Record<string, unknown> = {},
): Config {
  const other = name === "a" ? "b" : "a";
  const keys = keysFromSeed(`agent test ${other}`);
  const text = JSON.stringify({
    journal: "/nowhere/journal",
    keys: "/nowhere/keys",
    interface_prefix: `r${name}`,
    pay_threshold: "0.00004 USDC",
    credit_limit: "0.002 USDC",
    reservation: "2MB",
    read_chunk: "500kB",
    price_cap: "0.20/GB",
    round_trip: "1MB",
    poke_interval: "3600000",
    ...own,
    neighbours: [
      {
        name: other,
        id: keys.nodeId,
        tunnel_key: keys.tunnelPublicKey,
        listen_port: "51820",
        deposit_in: "1 USDC",
        deposit_out: "1 USDC",
        price: name === "b" ? "0.05/GB" : "0.03/GB",
        ...changes,
      },
    ],
  });
  const reading = readConfigText(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.config;
}

/** Both machines, switched on, no agent running yet. @param own options of both configurations. */
export function memoryRouters(own: Record<string, unknown> = {}): MemoryRouters {
  const router = (name: RouterName): MemoryRouter => ({
    config: configOf(name, {}, own),
    disk: memoryDisk(),
    kernel: memoryKernel(),
    outbox: memoryOutbox(),
    keeper: undefined,
    agent: undefined,
    fiber: undefined,
  });
  return { network: ether(), a: router("a"), b: router("b") };
}

function layersOf(world: MemoryRouters, name: RouterName, config: Config, tampering: Tampering) {
  const { disk, kernel, outbox } = world[name];
  const { signer } = keysFromSeed(`agent test ${name}`);
  const ids = config.neighbours.map(({ id }) => id);
  // Tests are faster than any neighbour: what floods is the business of the link's own tests.
  const share = { perSecond: 1_000_000, burst: 1_000_000 };
  const link = world.network.link(signer.id, ids, { share }).pipe(Layer.provide(machineClock));
  const { journal: onJournal, link: onLink, queueing: onQueueing } = tampering;
  const { counters: onCounters, tunnel: onTunnel } = tampering;
  const between = Layer.mergeAll(
    Layer.effect(Journal, Effect.map(Journal, onJournal ?? ((real) => real))),
    Layer.effect(Link, Effect.map(Link, onLink ?? ((real) => real))),
    Layer.effect(Queueing, Effect.map(Queueing, onQueueing ?? ((real) => real))),
    Layer.effect(Counters, Effect.map(Counters, onCounters ?? ((real) => real))),
    Layer.effect(Tunnel, Effect.map(Tunnel, onTunnel ?? ((real) => real))),
  ).pipe(
    Layer.provide(
      Layer.mergeAll(
        memoryJournal(disk),
        link,
        memoryQueueing(kernel),
        memoryCounters(kernel),
        memoryTunnel(kernel),
      ),
    ),
  );
  return Layer.mergeAll(
    between,
    seededKeys(`agent test ${name}`),
    settlementLayer(signer, config, outbox),
    Logger.layer([]),
  );
}

/** Starts the agent of a router; returns once it runs. */
export async function start(
  world: MemoryRouters,
  name: RouterName,
  tampering: Tampering = {},
): Promise<Agent> {
  const router = world[name];
  const remembered = await Effect.runPromise(router.remembered?.load ?? Effect.succeed([]));
  const config = withRemembered(router.config, router.config, remembered);
  return new Promise<Agent>((resolve, reject) => {
    const life = Effect.gen(function* () {
      const agent = yield* startAgent(config, router.resold);
      router.keeper = yield* startSettlementKeeper(agent, yield* Settlement);
      if (router.discovery !== undefined && router.remembered !== undefined) {
        const services = yield* Layer.build(Layer.provide(router.discovery, machineClock));
        const found = Context.get(services, Discovery);
        router.finder = yield* startDiscoveryKeeper(agent, found, router.remembered, router.config);
      }
      router.agent = agent;
      if (tampering.beside !== undefined) yield* tampering.beside(agent, router.keeper);
      yield* Effect.sync(() => resolve(agent));
      return yield* Effect.never;
    });
    router.fiber = Effect.runFork(
      life.pipe(Effect.provide(layersOf(world, name, config, tampering)), Effect.scoped),
    );
    router.fiber.addObserver((exit) => {
      if (Exit.isFailure(exit)) reject(new Error(`the agent ended: ${String(exit.cause)}`));
    });
  });
}

/** Ends an agent as SIGKILL would: no farewell, nothing written any more. */
export async function kill(router: MemoryRouter): Promise<void> {
  const { fiber } = router;
  router.fiber = undefined;
  router.agent = undefined;
  if (fiber !== undefined) await Effect.runPromise(Fiber.interrupt(fiber));
}

/** Bytes offered to the paid tunnel from a to b. */
export function traffic(world: MemoryRouters, bytes: bigint, lostPerMille = 0n): Carried {
  const from = world.a.kernel.interfaces.get("rab1");
  const to = world.b.kernel.interfaces.get("rba1");
  return carry(from, to, bytes, lostPerMille);
}

/** Every running agent looks at its kernel, and what they say to each other arrives. */
export async function rounds(world: MemoryRouters, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    for (const name of names) {
      const { agent } = world[name];
      if (agent !== undefined && agent.stopped() === undefined) await Effect.runPromise(agent.look);
    }
    await quiet(world);
  }
}

/** Turns of the event loop in which nothing happens before it counts as quiet. */
const quietTurns = 8;

/** Waits until everything that was said has arrived and has been acted on. */
async function quiet(world: MemoryRouters): Promise<void> {
  const work = () =>
    names.reduce((all, name) => {
      const { inputs = 0, datagrams = 0, sends = 0 } = world[name].agent?.counts ?? {};
      return all + inputs + datagrams + sends;
    }, 0);
  let before = work();
  for (let still = 0; still < quietTurns; still += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = work();
    if (now !== before) still = 0;
    before = now;
  }
}

/** Both settle until nothing is on the way any more. */
export async function drain(world: MemoryRouters, times = 6): Promise<void> {
  for (let i = 0; i < times; i++) {
    await rounds(world, 2);
    for (const name of names) {
      const { agent } = world[name];
      if (agent !== undefined) {
        await Effect.runPromise(agent.ask({ type: "Wish", wish: { type: "Settle" } }));
      }
    }
  }
  await rounds(world, 2);
}

/** What is in a router's journal. */
export function eventsOf(router: MemoryRouter): readonly LedgerEvent[] {
  return router.disk.commits.flatMap((one) => decodeCommit(one));
}

/** Ends both agents. */
export async function end(world: MemoryRouters): Promise<void> {
  for (const name of names) await kill(world[name]);
}
