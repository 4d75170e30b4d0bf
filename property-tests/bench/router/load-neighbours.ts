import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { createInterface } from "node:readline";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import type * as Scope from "effect/Scope";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { memoryCounters } from "#adapters/counters/memory-counters.ts";
import { memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import { keysFromSeed, seededKeys } from "#adapters/keys/seeded-keys.ts";
import { tunnelAddress } from "#adapters/link/tunnel-address.ts";
import { udpLink } from "#adapters/link/udp-link.ts";
import {
  carry,
  type MemoryInterface,
  type MemoryKernel,
  makeInterface,
  memoryKernel,
} from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { memoryTunnel } from "#adapters/tunnel/memory-tunnel.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import { wireguardTunnel } from "#adapters/tunnel/wireguard-tunnel.ts";
import { uapiDirectory, uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { type Agent, startAgent } from "#agent/agent/agent.ts";
import { askAgent } from "#agent/agent/control-socket.ts";
import { settlementLayer } from "#agent/agent/settlement-layer.ts";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import {
  agentPort,
  type LoadPlan,
  neighbourPort,
  neighbourSeed,
  sharedTerms,
} from "./load-plan.ts";

/**
 * All neighbours of the measured router, in one process of the other namespace: shipped agents, real
 * messages through real WireGuard tunnels of class 0. Only what is billed is not sent: the paid
 * tunnels' counters are numbers here, and the router reads them as it reads any wireguard-go.
 */
interface Neighbour {
  readonly agent: Agent;
  /** Its own end of the paid tunnel. */
  readonly kernel: MemoryKernel;
  /** The router's end, whose counters this process serves. */
  readonly far: MemoryInterface;
}

/** The quota of the router's end is asked for every so many ticks: it lies many ticks ahead. */
const quotaTicks = 4;

async function startNeighbour(plan: LoadPlan, index: number): Promise<Neighbour> {
  const seed = neighbourSeed(index);
  const { signer, tunnelPrivateKey, tunnelPublicKey } = keysFromSeed(seed);
  const interfaceName = `${plan.prefix}p${index}`;
  const tunnel = {
    name: interfaceName,
    listenPort: neighbourPort(index),
    ownAddress: tunnelAddress(signer.id, 0),
    peerKey: plan.router.tunnelKey,
    endpoint: `${plan.router.address}:${agentPort(index)}`,
    privateKey: tunnelPrivateKey,
  };
  await Effect.runPromise(
    Effect.flatMap(Tunnel, (it) => it.apply(tunnel)).pipe(Effect.provide(wireguardTunnel)),
  );
  const kernel = memoryKernel();
  const reading = readConfigText(
    JSON.stringify({
      ...sharedTerms,
      journal: "/nowhere/journal",
      keys: "/nowhere/keys",
      interface_prefix: "r",
      poke_interval: `${plan.interval}`,
      neighbours: [
        {
          name: "r",
          id: plan.router.id,
          tunnel_key: plan.router.tunnelKey,
          listen_port: `${neighbourPort(index)}`,
          deposit_in: "1000000 USDC",
          deposit_out: "1000000 USDC",
        },
      ],
    }),
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { config } = reading;
  const link = {
    id: plan.router.id,
    interfaceName,
    ownAddress: tunnel.ownAddress,
    peerAddress: tunnelAddress(plan.router.id, 0),
  };
  const layers = Layer.mergeAll(
    memoryJournal(memoryDisk()),
    seededKeys(seed),
    memoryTunnel(kernel),
    memoryCounters(kernel),
    memoryQueueing(kernel),
    settlementLayer(signer, config),
    udpLink({ port: config.controlPort, neighbours: [link] }).pipe(Layer.provide(machineClock)),
    Logger.layer([]),
  );
  const agent = await livingAgent(config, layers);
  return { agent, kernel, far: servedInterface(plan, index, tunnelPublicKey) };
}

/** Starts an agent on these layers; it lives as long as the process. @throws Error where it ends first. */
export function livingAgent(config: Config, layers: AgentLayers): Promise<Agent> {
  return new Promise<Agent>((resolve, reject) => {
    const life = Effect.flatMap(startAgent(config), (it) =>
      Effect.andThen(
        Effect.sync(() => resolve(it)),
        Effect.never,
      ),
    );
    const fiber = Effect.runFork(life.pipe(Effect.provide(layers), Effect.scoped));
    fiber.addObserver((exit) => reject(new Error(`a neighbour ended: ${JSON.stringify(exit)}`)));
  });
}

/** All that an agent needs of its surroundings. */
type AgentLayers = Layer.Layer<
  Exclude<Effect.Services<ReturnType<typeof startAgent>>, Scope.Scope>,
  unknown
>;

/** The router's end of a paid tunnel, behind a socket as userspace WireGuard has one. */
function servedInterface(plan: LoadPlan, index: number, peerKey: string): MemoryInterface {
  const name = `${plan.prefix}n${index}1`;
  const kernel = memoryKernel();
  makeInterface(kernel, name, peerKey);
  const one = kernel.interfaces.get(name);
  if (one === undefined) throw new Error(`${name} was not made`);
  one.gate = 1n << 62n; // what the router forwards is not looked at
  mkdirSync(uapiDirectory, { recursive: true });
  rmSync(uapiPath(name), { force: true });
  served(one, agentPort(index) + 1).listen(uapiPath(name));
  return one;
}

/** Answers `get=1` with the counters as they are, and takes every `set=1`. */
function served(one: MemoryInterface, listenPort: number): Server {
  const key = Buffer.from(one.peerKey, "base64").toString("hex");
  return createServer((socket) => {
    socket.setEncoding("latin1");
    socket.on("error", () => socket.destroy());
    socket.on("data", (text: string) => {
      if (text.startsWith("set=1")) return void socket.end("errno=0\n\n");
      const counters = `rx_bytes=${one.received}\ntx_bytes=${one.sent}\nlast_handshake_time_sec=0\n`;
      socket.end(`listen_port=${listenPort}\npublic_key=${key}\n${counters}errno=0\n\n`);
    });
  });
}

/** What the load needs of the router's `status`. */
interface RouterFacts {
  readonly neighbours: readonly {
    readonly id: string;
    readonly accounts: readonly {
      readonly direction: string;
      readonly position: string;
      readonly reserved: string;
    }[];
  }[];
}

/** As a kernel would: the router's paid bytes end where its reservation does (rule P2). */
async function takeQuotas(plan: LoadPlan, neighbours: readonly Neighbour[]): Promise<void> {
  const facts = (await Effect.runPromise(askAgent(plan.router.control, ["status"]))) as RouterFacts;
  for (const { agent, far } of neighbours) {
    const mine = facts.neighbours.find(({ id }) => id === agent.node().signer.id);
    const paying = mine?.accounts.find(({ direction }) => direction === "we pay");
    if (paying === undefined) continue;
    far.quota = far.sent + BigInt(paying.reserved) - BigInt(paying.position);
  }
}

/** Moves paid bytes both ways, tick after tick; what no quota lets pass is not moved. */
async function ticks(plan: LoadPlan, neighbours: readonly Neighbour[], times: number) {
  let moved = 0n;
  for (let tick = 0; tick < times; tick++) {
    const began = performance.now();
    // A router that is too busy to answer keeps the quotas it had, as its kernel would.
    if (tick % quotaTicks === 0) await takeQuotas(plan, neighbours).catch(() => undefined);
    for (const { kernel, far } of neighbours) {
      const near = kernel.interfaces.get("rr1");
      moved += carry(near, far, BigInt(plan.perTick), 2n).sent;
      moved += carry(far, near, BigInt(plan.perTick), 2n).sent;
    }
    const left = plan.interval - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, left)));
  }
  const offered = BigInt(times * neighbours.length * 2) * BigInt(plan.perTick);
  const broken = neighbours.flatMap(({ agent }) => agent.alarms);
  return { moved: `${moved}`, offered: `${offered}`, alarms: broken.slice(0, 5) };
}

if (import.meta.main) {
  const plan = JSON.parse(process.argv[2] ?? "{}") as LoadPlan;
  const neighbours: Neighbour[] = [];
  for (let i = 0; i < plan.neighbours; i++) neighbours.push(await startNeighbour(plan, i));
  console.log(JSON.stringify("ready"));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ticks(plan, neighbours, Number(line))));
  }
  for (const { far } of neighbours) rmSync(uapiPath(far.name), { force: true });
  process.exit(0);
}
