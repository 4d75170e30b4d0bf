import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { homeOf, namespaceName } from "./belongings.ts";
import { freeRate, type RouterKeys } from "./demo-config.ts";
import { configPath, journalOf } from "./line-network.ts";
import { cable, makeNamespace, tool } from "./namespace.ts";

/** Four routers: a buys, b and c sell the way through d, which sells the internet behind it. */
export const diamondNames = ["a", "b", "c", "d"] as const;
/** One of them. */
export type DiamondName = (typeof diamondNames)[number];

/** The cables, in the order of their underlay networks 172.31.N.0/24. */
const cables: readonly (readonly [DiamondName, DiamondName])[] = [
  ["a", "b"],
  ["a", "c"],
  ["b", "d"],
  ["c", "d"],
];

/** Where everything of the diamond is, inside the tunnels. */
export const diamondAddresses = {
  a: "10.99.1.1",
  b: "10.99.2.1",
  c: "10.99.3.1",
  d: "10.99.4.1",
  internet: "10.99.9.2",
} as const;

/** What a takes routes to: the network behind d. */
export const internetPrefix = "10.99.9.0/24";

/** What may be otherwise in one router's configuration. */
export type DiamondChanges = Readonly<
  Partial<Record<DiamondName, Readonly<Record<string, string>>>>
>;

/** What b and c add to the price of d, at first: the way by b is the cheaper one. */
export const diamondFees = { b: "0.01/GB", c: "0.03/GB" } as const;

/** The cable of a router towards another, as an interface. */
export function cableTowards(other: DiamondName): string {
  return `to-${other}`;
}

/** The underlay address of a router towards another. */
export function cableAddress(from: DiamondName, to: DiamondName): string {
  const number = cables.findIndex((ends) => ends.includes(from) && ends.includes(to));
  return `172.31.${number + 1}.${cables[number]?.[0] === from ? 1 : 2}`;
}

/** Namespaces, cables, keys and configurations; the agents are still to be started. */
export async function buildDiamond(
  tag: string,
  curtain: AbortSignal,
  changes: DiamondChanges = {},
): Promise<void> {
  for (const place of [...diamondNames, "i"] as const) {
    curtain.throwIfAborted();
    await makeNamespace(namespaceName(tag, place));
  }
  for (const [one, other] of cables) {
    const end = (from: DiamondName, to: DiamondName) => ({
      namespace: namespaceName(tag, from),
      device: cableTowards(to),
      address: `${cableAddress(from, to)}/24`,
    });
    await cable(end(one, other), end(other, one));
  }
  await plugInternet(tag);
  curtain.throwIfAborted();
  await configure(tag, changes);
}

async function plugInternet(tag: string): Promise<void> {
  const internet = namespaceName(tag, "i");
  await cable(
    { namespace: namespaceName(tag, "d"), device: "to-i", address: "10.99.9.1/24" },
    { namespace: internet, device: "to-d", address: `${diamondAddresses.internet}/24` },
  );
  await tool("ip", ["-n", internet, "route", "add", "10.99.0.0/16", "via", "10.99.9.1"]);
  for (const name of diamondNames) {
    const own = [`${diamondAddresses[name]}/32`, "dev", "lo"];
    await tool("ip", ["-n", namespaceName(tag, name), "address", "add", ...own]);
  }
}

async function configure(tag: string, changes: DiamondChanges): Promise<void> {
  await mkdir(homeOf(tag), { mode: 0o700 });
  const keys = {} as Record<DiamondName, RouterKeys>;
  for (const name of diamondNames) {
    await mkdir(join(homeOf(tag), name), { mode: 0o700 });
    keys[name] = await keysIn(join(homeOf(tag), name, "keys"));
  }
  for (const name of diamondNames) {
    const text = diamondConfig(tag, name, keys, changes[name] ?? {});
    await writeFile(configPath(tag, name), text, { mode: 0o600 });
  }
}

const keysIn = (path: string): Promise<RouterKeys> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { nodeId, tunnelPublicKey } = yield* Keys;
      return { nodeId, tunnelKey: tunnelPublicKey };
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

/** The file that a person would write for one of the four. */
function diamondConfig(
  tag: string,
  self: DiamondName,
  keys: Readonly<Record<DiamondName, RouterKeys>>,
  changes: Readonly<Record<string, string>>,
): string {
  const port = (towards: DiamondName) => 51_000 + 100 * diamondNames.indexOf(towards);
  const neighbour = (name: DiamondName, rest: Readonly<Record<string, string>>) => ({
    name,
    id: keys[name].nodeId,
    tunnel_key: keys[name].tunnelKey,
    endpoint: `${cableAddress(name, self)}:${port(self)}`,
    listen_port: `${port(name)}`,
    max_price: "0.20/GB",
    deposit_in: "1 USDC",
    deposit_out: "1 USDC",
    ...rest,
  });
  const back = { price: "0.02/GB" };
  const capped = { ...back, max_price: "0.15/GB" };
  const neighbours: Readonly<Record<DiamondName, readonly object[]>> = {
    a: [neighbour("b", capped), neighbour("c", capped)],
    b: [neighbour("a", { resells_via: "d", fee: diamondFees.b }), neighbour("d", back)],
    c: [neighbour("a", { resells_via: "d", fee: diamondFees.c }), neighbour("d", back)],
    d: [neighbour("b", { price: "0.05/GB" }), neighbour("c", { price: "0.05/GB" })],
  };
  const address = `${diamondAddresses[self]}/32`;
  return JSON.stringify({
    journal: journalOf(tag, self),
    keys: join(homeOf(tag), self, "keys"),
    interface_prefix: `${self}${tag}`,
    babel: "own",
    announce: self === "d" ? [address, internetPrefix] : [address],
    pay_threshold: "0.00004 USDC",
    credit_limit: "0.0006 USDC",
    reservation: "2MB",
    read_chunk: "500kB",
    price_cap: "0.20/GB",
    round_trip: "1MB",
    link_rate: "20Mbit",
    free_rate: `${freeRate}`,
    control_rate: "128kbit",
    poke_interval: "200",
    // What a busy machine does to packets and delays is no matter of this network: prices decide.
    weight_loss: "0",
    weight_delay: "0",
    ...changes,
    neighbours: neighbours[self],
  });
}
