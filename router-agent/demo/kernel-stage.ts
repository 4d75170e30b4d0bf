import type { ChildProcess } from "node:child_process";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import { eventsOnDisk } from "#agent/cli/ledger-source.ts";
import { ended, logOf, spawnAgent, spawnTraffic } from "./agent-process.ts";
import { namespaceName, removeBelongings, tunnelName } from "./belongings.ts";
import type { DemoChain } from "./demo-chain.ts";
import { addresses } from "./demo-config.ts";
import { buildLine, deviceTowards, journalOf, lossPercent } from "./line-network.ts";
import { inside, tool } from "./namespace.ts";
import { lively, type Pace } from "./pace.ts";
import {
  type RouterName,
  type RouterStatus,
  routerNames,
  type Stage,
  type Transfer,
  type TunnelCounter,
  tunnels,
} from "./stage.ts";

/** UDP and TCP port of the "internet". */
const port = "9000";

/** What runs on the stage. */
interface Cast {
  readonly tag: string;
  readonly curtain: AbortSignal;
  readonly agents: Map<RouterName, ChildProcess>;
  readonly traffic: ChildProcess[];
  /** What is started instead of the program that runs now. */
  readonly program: string | undefined;
}

/** What only the kernel's stage can do. */
export interface KernelStage extends Stage {
  /** Takes b's interface of this kind towards c down, or up again. */
  readonly setInterface: (kind: "cable" | "paid tunnel", up: boolean) => Promise<void>;
}

/** How a kernel's stage is furnished, where it is not as usual. */
export interface KernelStageOptions {
  readonly chain?: DemoChain | undefined;
  readonly pace?: Pace;
  /** The program of agents and traffic, where another one runs than they are. */
  readonly program?: string;
}

/**
 * Three routers in namespaces of their own, real tunnels, real queues, real traffic. Everything it
 * makes carries the tag. Where it cannot be built, nothing of it is left.
 */
export async function kernelStage(
  tag: string,
  curtain: AbortSignal,
  { chain, pace = lively, program }: KernelStageOptions = {},
): Promise<KernelStage> {
  const cast: Cast = { tag, curtain, agents: new Map(), traffic: [], program };
  try {
    await buildLine(tag, curtain, chain, pace);
    for (const router of routerNames) await enter(cast, router);
  } catch (error) {
    await strike(cast);
    throw error;
  }
  return {
    mode: "kernel",
    chain,
    note: `network namespaces, WireGuard, HTB and nft of this kernel; ${lossPercent} % loss on every cable`,
    ask: (router, request) => ask(cast, router, request),
    status: (router) =>
      ask(cast, router, ["status"]).then(
        (found) => found as RouterStatus,
        () => undefined,
      ),
    wait: (milliseconds) => sleep(milliseconds, undefined, { signal: curtain }),
    now: () => performance.now(),
    startTraffic: async () => {
      curtain.throwIfAborted();
      cast.traffic.push(spawnTraffic(tag, "i", ["answer", port], program));
      const send = ["send", addresses.internet, port, String(pace.rate)];
      cast.traffic.push(spawnTraffic(tag, "a", send, program));
    },
    stopTraffic: async () => {
      for (const child of cast.traffic.splice(0)) child.kill("SIGKILL");
    },
    transfer: async () => transferIn(await logOf(tag, "traffic-a")),
    kill: async (router) => {
      const child = cast.agents.get(router);
      child?.kill("SIGKILL");
      await ended(child);
    },
    restart: (router) => enter(cast, router),
    deleteTunnel: async () => {
      const name = tunnelName(tag, "b", "c", 1);
      await tool("ip", ["-n", namespaceName(tag, "b"), "link", "delete", "dev", name]);
    },
    setInterface: async (kind, up) => {
      const name = kind === "cable" ? deviceTowards("c") : tunnelName(tag, "b", "c", 1);
      const words = ["link", "set", "dev", name, up ? "up" : "down"];
      await tool("ip", ["-n", namespaceName(tag, "b"), ...words]);
    },
    cheat: (cheating) => cheat(tag, cheating),
    counters: () => counters(tag),
    dismiss: async () => {
      const leave = (router: RouterName) => ask(cast, router, ["stop", "keep"]).catch(() => {});
      await Promise.all(routerNames.map(leave));
      await Promise.all(routerNames.map((router) => ended(cast.agents.get(router))));
    },
    journals: async () => {
      const read = (router: RouterName) => Effect.runPromise(eventsOnDisk(journalOf(tag, router)));
      return { a: await read("a"), b: await read("b"), c: await read("c") };
    },
    keepJournals: async (directory) => {
      for (const router of routerNames) {
        await keepFiles(journalOf(tag, router), join(directory, router));
      }
    },
    close: () => strike(cast),
  };
}

const ask = ({ tag }: Cast, router: RouterName, request: Request): Promise<unknown> =>
  Effect.runPromise(askAgent(controlPath(journalOf(tag, router)), request));

async function enter({ tag, curtain, agents, program }: Cast, router: RouterName): Promise<void> {
  curtain.throwIfAborted();
  agents.set(router, await spawnAgent(tag, router, curtain, program));
}

/** The segments and slots of a journal; sockets and locks stay behind. */
async function keepFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const name of await readdir(from)) {
    if (/^(?:(?:segment|snapshot)-\d+|civil-times)$/.test(name))
      await copyFile(join(from, name), join(to, name));
  }
}

/** What the sender said of its file. */
function transferIn(log: string): Transfer | undefined {
  const line = log.split("\n").find((one) => one.startsWith('{"bytes"'));
  return line === undefined ? undefined : (JSON.parse(line) as Transfer);
}

/** The chain that counts what a sends against its quota is emptied, or filled again. */
async function cheat(tag: string, cheating: boolean): Promise<void> {
  const table = `inet meshtoll_a${tag}`;
  const name = tunnelName(tag, "a", "b", 1);
  const line = cheating
    ? `flush chain ${table} sending`
    : `add rule ${table} sending oifname "${name}" jump count_${name}`;
  await inside(namespaceName(tag, "a"), ["nft", "-f", "-"], `${line}\n`);
}

/** As `wg` says, which knows nothing of agents. */
async function counters(tag: string): Promise<readonly TunnelCounter[]> {
  const ends = tunnels.map(async ({ from, to, class: priceClass }) => {
    const name = tunnelName(tag, from, to, priceClass);
    const told = await inside(namespaceName(tag, from), ["wg", "show", name, "transfer"]);
    const [, received = "0", sent = "0"] = told.trim().split("\t");
    return { from, to, class: priceClass, received: BigInt(received), sent: BigInt(sent) };
  });
  const all = await Promise.all(ends);
  return all.map((near) => {
    const isFar = (one: TunnelCounter) => one.from === near.to && one.to === near.from;
    const far = all.find((one) => isFar(one) && one.class === near.class);
    return { ...near, received: far?.received ?? 0n };
  });
}

/** Everything goes, whatever state it is in. */
async function strike({ tag, agents, traffic }: Cast): Promise<void> {
  for (const child of [...traffic, ...agents.values()]) child.kill("SIGKILL");
  await removeBelongings(tag);
}
