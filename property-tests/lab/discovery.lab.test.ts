import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Scope from "effect/Scope";
import { afterEach, describe } from "vitest";
import { machineClock } from "#adapters/clock/monotonic-clock.ts";
import { Discovery } from "#adapters/discovery/discovery.ts";
import { udpDiscovery } from "#adapters/discovery/udp-discovery.ts";
import { discoveryGroup } from "#adapters/discovery/udp-voice.ts";
import { seededKeys } from "#adapters/keys/seeded-keys.ts";
import { type DiscoveryBench, discoveryContract } from "../contracts/discovery-contract.ts";
import { eventually } from "../contracts/link-contract.ts";
import { skipsLab } from "./lab.ts";

/**
 * Discovery on real interfaces: a bridge with three ends in this process, the third one an
 * intruder's. Nothing leaves it. Needs root and iproute2.
 */
const skipped = skipsLab();
const port = 4471;
let benches = 0;
const made = new Set<string>();

const ip = (...words: readonly string[]): void => {
  execFileSync("ip", [...words], { stdio: "pipe" });
};

const intruder = "fe80::bad";

/** A cable with three ends, each a veth whose far end is in a bridge. */
interface Cable {
  readonly bridge: string;
  readonly ends: Readonly<Record<"a" | "b" | "m", string>>;
}

const addresses = { a: "fe80::a", b: "fe80::b", m: intruder } as const;

function layCable({ bridge, ends }: Cable): void {
  made.add(bridge);
  ip("link", "add", bridge, "type", "bridge");
  ip("link", "set", bridge, "addrgenmode", "none", "up");
  for (const who of ["a", "b", "m"] as const) plug({ bridge, ends }, who);
}

function plug({ bridge, ends }: Cable, who: "a" | "b" | "m"): void {
  const [name, far] = [ends[who], `${ends[who]}x`];
  ip("link", "add", name, "type", "veth", "peer", "name", far);
  ip("link", "set", far, "master", bridge, "addrgenmode", "none", "up");
  ip("link", "set", name, "addrgenmode", "none");
  ip("link", "set", name, "up");
  ip("-6", "addr", "add", `${addresses[who]}/64`, "dev", name, "nodad");
}

const remove = (name: string): void => {
  try {
    ip("link", "del", name);
  } catch {
    // Unplugged by the test itself.
  }
};

function takeUp(bridge: string): void {
  made.delete(bridge);
  for (const who of ["a", "b", "m"]) remove(`${bridge}${who}`);
  remove(bridge);
}

/** What a test that failed half-way has left. */
afterEach(() => {
  for (const bridge of made) takeUp(bridge);
});

async function router(scope: Scope.Scope, seed: string, interfaceName: string) {
  const layer = udpDiscovery({
    interfaces: [interfaceName],
    port,
    classes: 1,
    interval: 3_600_000,
  }).pipe(Layer.provide(Layer.mergeAll(seededKeys(seed), machineClock)));
  return Context.get(await Effect.runPromise(Layer.buildWithScope(layer, scope)), Discovery);
}

const bound = (socket: Socket, address: string) =>
  new Promise<void>((done) => socket.bind({ address, port, exclusive: true }, done));

async function bench(): Promise<DiscoveryBench> {
  benches += 1;
  const bridge = `di${process.pid.toString(36).slice(-4)}${benches.toString(36)}`;
  const cable: Cable = { bridge, ends: { a: `${bridge}a`, b: `${bridge}b`, m: `${bridge}m` } };
  layCable(cable);
  const said: Uint8Array[] = [];
  const ear = createSocket({ type: "udp6", ipv6Only: true });
  await bound(ear, `${discoveryGroup}%${cable.ends.m}`);
  ear.addMembership(discoveryGroup, `::%${cable.ends.m}`);
  ear.on("message", (bytes) => void said.push(new Uint8Array(bytes)));
  const mouth = createSocket({ type: "udp6", ipv6Only: true });
  await bound(mouth, `${intruder}%${cable.ends.m}`);
  const scope = Scope.makeUnsafe();
  const a = await router(scope, "discovery a", cable.ends.a);
  const b = await router(scope, "discovery b", cable.ends.b);
  const up = () => [a, b].every((one) => one.report().interfaces[0]?.address !== undefined);
  await eventually(up);
  return {
    a,
    b,
    said: () => said,
    intruder,
    intrude: (bytes) =>
      new Promise((done, failed) => {
        const group = `${discoveryGroup}%${cable.ends.m}`;
        mouth.send(bytes, port, group, (error) => (error ? failed(error) : done()));
      }),
    unplug: async () => remove(cable.ends.b),
    plugIn: async () => {
      plug(cable, "b");
      await eventually(up);
    },
    close: async () => {
      ear.close();
      mouth.close();
      await Effect.runPromise(Scope.close(scope, Exit.void));
      takeUp(bridge);
    },
  };
}

describe.skipIf(skipped)("on real interfaces", () => {
  discoveryContract("by UDP", bench);
});
