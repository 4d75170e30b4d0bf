import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { homeOf, namespaceName, type Place } from "./belongings.ts";
import type { DemoChain } from "./demo-chain.ts";
import { addresses, type DemoPlace, demoConfig, type RouterKeys } from "./demo-config.ts";
import { cable, lossy, makeNamespace, tool } from "./namespace.ts";
import { lively, type Pace } from "./pace.ts";
import { type RouterName, routerNames } from "./stage.ts";

/** Loss on every cable, both directions, in per cent. */
export const lossPercent = 5;

/** Where the agent of a router keeps its journal. */
export function journalOf(tag: string, router: Place): string {
  return join(homeOf(tag), router, "journal");
}

/** The configuration of the agent of a router. */
export function configPath(tag: string, router: Place): string {
  return join(homeOf(tag), router, "config.json");
}

/** The ends of the cables that lose packets, and where each leads. */
const ends = [
  ["a", "b", "172.31.1.1"],
  ["b", "a", "172.31.1.2"],
  ["b", "c", "172.31.2.1"],
  ["c", "b", "172.31.2.2"],
] as const;

/**
 * Namespaces, cables, addresses, loss, keys and configurations: everything that a person would have
 * plugged together and written before the agents start.
 */
export async function buildLine(
  tag: string,
  curtain: AbortSignal,
  chain?: DemoChain,
  pace: Pace = lively,
): Promise<void> {
  const steps = [
    ...(["a", "b", "c", "i"] as const).map(
      (place) => () => makeNamespace(namespaceName(tag, place)),
    ),
    () => plug(tag, "a", "b"),
    () => plug(tag, "b", "c"),
    () => plugInternet(tag),
    ...ends.map(([place, towards]) => () => {
      return lossy(namespaceName(tag, place), deviceTowards(towards), lossPercent);
    }),
    () => configure(tag, chain, pace),
  ];
  for (const step of steps) {
    curtain.throwIfAborted();
    await step();
  }
}

/** The cable of a router towards another place, as an interface. */
export function deviceTowards(place: Place): string {
  return `to-${place}`;
}

function underlayAddress(place: Place, towards: Place): string {
  return ends.find(([from, to]) => from === place && to === towards)?.[2] ?? "";
}

async function plug(tag: string, one: RouterName, other: RouterName): Promise<void> {
  const end = (place: RouterName, towards: RouterName) => ({
    namespace: namespaceName(tag, place),
    device: deviceTowards(towards),
    address: `${underlayAddress(place, towards)}/24`,
  });
  await cable(end(one, other), end(other, one));
}

/** The internet is one host behind c, and knows the way back. */
async function plugInternet(tag: string): Promise<void> {
  const internet = namespaceName(tag, "i");
  const gateway = "10.99.9.1";
  await cable(
    { namespace: namespaceName(tag, "c"), device: "to-i", address: `${gateway}/24` },
    { namespace: internet, device: "to-c", address: `${addresses.internet}/24` },
  );
  await tool("ip", ["-n", internet, "route", "add", "10.99.0.0/16", "via", gateway]);
  for (const router of routerNames) {
    const own = [`${addresses[router]}/32`, "dev", "lo"];
    await tool("ip", ["-n", namespaceName(tag, router), "address", "add", ...own]);
  }
}

async function configure(tag: string, chain: DemoChain | undefined, pace: Pace): Promise<void> {
  await mkdir(homeOf(tag), { mode: 0o700 });
  const keys = {} as Record<RouterName, RouterKeys>;
  for (const router of routerNames) {
    await mkdir(join(homeOf(tag), router), { mode: 0o700 });
    keys[router] = await keysIn(keysPath(tag, router));
  }
  const socket = join(homeOf(tag), "chain.sock");
  await chain?.listenAt(socket);
  await chain?.fund(routerNames.map((router) => keys[router].nodeId));
  for (const router of routerNames) {
    const text = demoConfig(router, keys, placeOf(tag, router, pace), chain?.settings(socket));
    await writeFile(configPath(tag, router), text, { mode: 0o600 });
  }
}

function keysPath(tag: string, router: RouterName): string {
  return join(homeOf(tag), router, "keys");
}

const keysIn = (path: string): Promise<RouterKeys> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { nodeId, tunnelPublicKey } = yield* Keys;
      return { nodeId, tunnelKey: tunnelPublicKey };
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

function placeOf(tag: string, router: RouterName, pace: Pace): DemoPlace {
  const cables = (self: RouterName) =>
    ends.filter(([place]) => place === self).map(([, towards]) => deviceTowards(towards));
  return {
    prefix: `${router}${tag}`,
    journal: journalOf(tag, router),
    keys: keysPath(tag, router),
    meeting: { kind: "found", interfaces: cables },
    pace,
  };
}
