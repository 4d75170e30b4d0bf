import { execFileSync } from "node:child_process";
import type { CounterReading } from "#adapters/counters/counters.ts";
import { tunnelPublicKey } from "#adapters/keys/tunnel-key.ts";
import { outerLength, type QueuePlan, type QueueRoute } from "#adapters/queueing/queueing.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { labInterfaces } from "../tunnel/lab-sockets.ts";

/** The rates of every tunnel of the lab, in bits a second. */
export const rates = {
  linkRate: 8_000_000n,
  freeRate: 400_000n,
  controlRate: 128_000n,
} as const;

/** UDP port of control traffic. */
export const controlPort = 4460;

/** Where traffic goes to. */
export const far = { v4: "10.98.3.1", v6: "fd98:3::1" } as const;
/** Where it comes from: router a, and a computer behind it. */
export const near = { v4: "10.98.1.1", v6: "fd98:1::1", behind: "10.98.0.2" } as const;

/** A router of the line. */
export interface LabRouter extends LabNamespace {
  /** Its tunnels to a neighbour, class 0 first. */
  readonly tunnels: (to: Place) => readonly string[];
  readonly plans: readonly QueuePlan[];
  readonly routes: readonly QueueRoute[];
  /** The counters of one tunnel. */
  readonly reading: (to: Place, priceClass: number) => Promise<CounterReading>;
}

export type Place = "a" | "b" | "c";

/** A computer behind a, then three routers in a line, two classes between each pair. */
export interface LabLine {
  readonly lan: LabNamespace;
  readonly a: LabRouter;
  readonly b: LabRouter;
  readonly c: LabRouter;
  readonly close: () => Promise<void>;
}

const neighbours: Readonly<Record<Place, readonly Place[]>> = { a: ["b"], b: ["a", "c"], c: ["b"] };

/** Addresses of the cables, by "from to". */
const hosts: Readonly<Record<string, string>> = {
  "a b": "172.31.1.1",
  "b a": "172.31.1.2",
  "b c": "172.31.2.1",
  "c b": "172.31.2.2",
};

/** The private key of a place: no secret, it is only used here. */
function privateKey(place: Place): string {
  return Buffer.alloc(32, place).toString("base64");
}

/** So that interfaces have a name of their own on the whole machine: sockets share a directory. */
const tag = process.pid.toString(36).slice(-5);

export function tunnelName(from: Place, to: Place, priceClass: number): string {
  return `${labInterfaces}q${tag}${from}${to}${priceClass}`;
}

/** The link-local address of a router on each of its tunnels. */
export function ownAddress(place: Place): string {
  return `fe80::${{ a: 1, b: 2, c: 3 }[place]}`;
}

/** The plan of one tunnel, as the driver takes it. */
export function tunnelPlan(from: Place, to: Place, priceClass: number) {
  const port = (place: Place, other: Place) =>
    52_000 + 10 * (neighbours[place].indexOf(other) + 1) + priceClass;
  return {
    name: tunnelName(from, to, priceClass),
    privateKey: privateKey(from),
    listenPort: port(from, to),
    ownAddress: ownAddress(from),
    peerKey: tunnelPublicKey(Buffer.from(privateKey(to), "base64")),
    endpoint: `${hosts[`${to} ${from}`]}:${port(to, from)}`,
  };
}

function cable(one: Place, other: Place): void {
  const end = (from: Place, to: Place) => ({
    namespace: namespaceName(from),
    device: `to-${to}`,
    address: `${hosts[`${from} ${to}`]}/24`,
  });
  const [left, right] = [end(one, other), end(other, one)];
  const ip = (...args: readonly string[]) => execFileSync("ip", args, { stdio: "pipe" });
  ip(
    ...["link", "add", left.device, "netns", left.namespace, "type", "veth"],
    ...["peer", "name", right.device, "netns", right.namespace],
  );
  for (const { namespace, device, address } of [left, right]) {
    ip("-n", namespace, "address", "add", address, "dev", device);
    ip("-n", namespace, "link", "set", device, "up");
  }
}

function namespaceName(place: string): string {
  return `mtlab-${process.pid.toString(36)}-${place}`;
}

/** Options of a router's queueing port. */
export function queueingOptions(place: Place) {
  return { table: `meshtoll_lab_${place}`, freeMark: 0x5001, controlPort, base: 5100 };
}

/** Builds the line, with tunnels and without queues. @param tools a directory of tools for b. */
export async function labLine(tools?: string): Promise<LabLine> {
  const lan = labNamespace("lan", queueingOptions("a"));
  const toolsOf = (place: Place) => (place === "b" ? tools : undefined);
  const [a, b, c] = (["a", "b", "c"] as const).map((one) => router(one, toolsOf(one))) as [
    LabRouter,
    LabRouter,
    LabRouter,
  ];
  cable("a", "b");
  cable("b", "c");
  const ip = (...args: readonly string[]) => execFileSync("ip", args, { stdio: "pipe" });
  ip(
    ...["link", "add", "to-lan", "netns", a.name, "type", "veth"],
    ...["peer", "name", "eth0", "netns", lan.name],
  );
  a.tool("ip", "address", "add", "10.98.0.1/24", "dev", "to-lan");
  a.tool("ip", "link", "set", "to-lan", "up");
  lan.tool("ip", "address", "add", `${near.behind}/24`, "dev", "eth0");
  lan.tool("ip", "link", "set", "eth0", "up");
  lan.tool("ip", "route", "add", "default", "via", "10.98.0.1");
  for (const [place, address] of [
    [a, near.v4],
    [a, near.v6],
    [c, far.v4],
    [c, far.v6],
  ] as const) {
    place.tool("ip", "address", "add", address, "dev", "lo");
  }
  for (const place of ["a", "b", "c"] as const) {
    for (const to of neighbours[place]) {
      for (const priceClass of [0, 1]) {
        await { a, b, c }[place].ask("apply", tunnelPlan(place, to, priceClass));
      }
    }
  }
  return {
    lan,
    a,
    b,
    c,
    close: async () => {
      for (const one of [lan, a, b, c]) await one.remove();
    },
  };
}

function router(place: Place, directory: string | undefined): LabRouter {
  const tools = directory === undefined ? {} : { tools: directory };
  const namespace = labNamespace(place, { ...queueingOptions(place), ...tools });
  const tunnels = (to: Place) => [0, 1].map((priceClass) => tunnelName(place, to, priceClass));
  return {
    ...namespace,
    tunnels,
    plans: neighbours[place].map((to, index) => ({ index, interfaces: tunnels(to), ...rates })),
    routes: routesOf(place),
    reading: async (to, priceClass) => {
      const [found] = await namespace.ask("counters", [tunnelName(place, to, priceClass)]);
      if (found === undefined) throw new Error("no counter");
      return found;
    },
  };
}

/** Towards c everything is bought; back it comes for nothing. */
function routesOf(place: Place): readonly QueueRoute[] {
  const to = (index: number, priceClass: number, prefixes: readonly string[]) =>
    prefixes.map((prefix) => ({ prefix, index, class: priceClass }));
  const onward = [`${far.v4}/32`, `${far.v6}/128`];
  const back = [`${near.v4}/32`, `${near.v6}/128`, "10.98.0.0/24"];
  if (place === "a") return to(0, 1, onward);
  if (place === "b") return [...to(1, 1, onward), ...to(0, 0, back)];
  return to(0, 0, back);
}

/** Whatever a router attached before goes, with its limits and standings. */
export async function attachAnew(router: LabRouter): Promise<void> {
  await router.ask("clean");
  await router.ask("attach", router.plans, router.routes);
}

/** Waits until datagrams stop arriving, then tells how many did. */
export async function settled(at: LabNamespace, port: number) {
  let before = await at.ask("arrived", port);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = await at.ask("arrived", port);
    if (now.packets === before.packets) return now;
    before = now;
  }
}

/** What WireGuard sends for a UDP datagram over IPv4 with so much payload. */
export function outerOf(payload: number): number {
  return outerLength(payload + 28);
}
