import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { wireguardCounters } from "#adapters/counters/wireguard-counters.ts";
import { memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import { keysFromSeed, seededKeys } from "#adapters/keys/seeded-keys.ts";
import { tunnelAddress } from "#adapters/link/tunnel-address.ts";
import { udpLink } from "#adapters/link/udp-link.ts";
import { memoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { wireguardTunnel } from "#adapters/tunnel/wireguard-tunnel.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { settlementLayer } from "#agent/agent/settlement-layer.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { livingAgent } from "../../bench/router/load-neighbours.ts";
import {
  agentPort,
  type LoadPlan,
  neighbourPort,
  neighbourSeed,
  sharedTerms,
  smallTerms,
} from "../../bench/router/load-plan.ts";

/**
 * Neighbours of a router that is an emulated machine, in one process on the other end of its cable:
 * shipped agents, real messages, real tunnels of both classes with real bytes in them. Only their own
 * queues are numbers, because all of them share one namespace: what a reservation allows is kept here.
 */
interface WireNeighbour {
  readonly agent: Agent;
  /** Of class 1. */
  readonly interfaceName: string;
  /** What was put into it, in bytes as WireGuard counts them, or a little more. */
  said: bigint;
}

/** A neighbour's own side of its accounts with the router: bytes and grains as decimal texts. */
export interface WireAccount {
  /** g, of leases that the router signed. */
  readonly leased: string;
  /** v, of vouchers to the router. */
  readonly signed: string;
  readonly sent: string;
  /** w, of the router's vouchers. */
  readonly credited: string;
}

/** What a packet of {@link payload} bytes is on the wire: IPv6, UDP, WireGuard's own, padding. */
const payload = 1200;
const packetBytes = 1300n;

/** The discard service: whatever arrives there is not answered (RFC 863). */
const discard = 9;

async function startNeighbour(plan: LoadPlan, index: number): Promise<WireNeighbour> {
  const seed = neighbourSeed(index);
  const { signer } = keysFromSeed(seed);
  const prefix = `${plan.prefix}${index}`;
  const reading = readConfigText(
    JSON.stringify({
      ...sharedTerms,
      ...(plan.terms ?? smallTerms),
      journal: "/nowhere/journal",
      keys: "/nowhere/keys",
      interface_prefix: prefix,
      poke_interval: `${plan.interval}`,
      neighbours: [
        {
          name: "r",
          id: plan.router.id,
          tunnel_key: plan.router.tunnelKey,
          listen_port: `${neighbourPort(index)}`,
          endpoint: `${plan.router.address}:${agentPort(index)}`,
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
    interfaceName: `${prefix}r0`,
    ownAddress: tunnelAddress(signer.id, 0),
    peerAddress: tunnelAddress(plan.router.id, 0),
  };
  const agent = await livingAgent(
    config,
    Layer.mergeAll(
      memoryJournal(memoryDisk()),
      seededKeys(seed),
      wireguardTunnel,
      wireguardCounters,
      memoryQueueing(memoryKernel()),
      settlementLayer(signer, config),
      udpLink({ port: config.controlPort, neighbours: [link] }).pipe(Layer.provide(machineClock)),
      Logger.layer([]),
    ),
  );
  return { agent, interfaceName: `${prefix}r1`, said: 0n };
}

const socket = createSocket("udp6");

/** Sends what is offered in a tick, as far as the payer's reservation goes (rule P2). */
function offer(plan: LoadPlan, one: WireNeighbour): void {
  const account = one.agent.node().ledger.neighbours[0]?.outbound[0];
  const reserved = account?.reserved ?? 0n;
  const packets = Math.floor(plan.perTick / payload);
  const to = `${tunnelAddress(plan.router.id, 1)}%${one.interfaceName}`;
  for (let i = 0; i < packets && one.said + packetBytes <= reserved; i++) {
    one.said += packetBytes;
    socket.send(new Uint8Array(payload), discard, to, () => undefined);
  }
}

/** So many ticks with traffic, or without it where the number is negative. @returns bytes, and grains by the agents' books, in the end. */
async function ticks(plan: LoadPlan, neighbours: readonly WireNeighbour[], times: number) {
  for (let tick = 0; tick < Math.abs(times); tick++) {
    if (times > 0) for (const one of neighbours) offer(plan, one);
    await new Promise((resolve) => setTimeout(resolve, plan.interval));
  }
  const accounts = neighbours.map(({ agent }) => agent.node().ledger.neighbours[0]?.outbound[0]);
  return {
    sent: `${neighbours.reduce((sum, { said }) => sum + said, 0n)}`,
    signed: `${accounts.reduce((sum, one) => sum + (one?.signed ?? 0n), 0n)}`,
    paying: accounts.filter((one) => (one?.signed ?? 0n) > 0n).length,
    alarms: neighbours.flatMap(({ agent }) => agent.alarms).slice(0, 5),
    accounts: neighbours.map(accountOf),
  };
}

/** What a neighbour holds of the router's, and the router of its own: all of it signed. */
function accountOf({ agent }: WireNeighbour): WireAccount {
  const found = agent.node().ledger.neighbours[0];
  const [paying, paid] = [found?.outbound[0], found?.inbound[0]];
  return {
    leased: `${paying?.schedule.end ?? 0n}`,
    signed: `${paying?.signed ?? 0n}`,
    sent: `${paying?.sent ?? 0n}`,
    credited: `${paid?.credited ?? 0n}`,
  };
}

const plan = JSON.parse(process.argv[2] ?? "{}") as LoadPlan;
const neighbours: WireNeighbour[] = [];
for (let i = 0; i < plan.neighbours; i++) neighbours.push(await startNeighbour(plan, i));
console.log(JSON.stringify("ready"));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await ticks(plan, neighbours, Number(line))));
}
process.exit(0);
