import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import type { RouteFacts, RoutesAnswer } from "#agent/routing/route-facts.ts";
import { ended, logOf, spawnAgent, spawnTraffic } from "./agent-process.ts";
import { namespaceName, removeBelongings } from "./belongings.ts";
import {
  buildDiamond,
  cableTowards,
  type DiamondChanges,
  type DiamondName,
  diamondAddresses,
  diamondNames,
  internetPrefix,
} from "./diamond-network.ts";
import { journalOf } from "./line-network.ts";
import { inside, tool } from "./namespace.ts";
import type { RouterStatus } from "./stage.ts";

/** Four agents on this kernel, each in a namespace of its own, with real tunnels and a real babeld. */
export interface DiamondStage {
  readonly ask: (name: DiamondName, ...request: Request) => Promise<unknown>;
  readonly status: (name: DiamondName) => Promise<RouterStatus>;
  /** What a router chose for a destination; a's way to the internet unless said otherwise. */
  readonly route: (name?: DiamondName, prefix?: string) => Promise<RouteFacts | undefined>;
  readonly routes: (name: DiamondName) => Promise<RoutesAnswer>;
  /** Looks every few milliseconds until a's way to the internet is by this neighbour; how long it took. */
  readonly until: (
    via: DiamondName | undefined,
    limit: number,
  ) => Promise<{ readonly milliseconds: number; readonly reached: boolean }>;
  /** Takes a cable down, or up again, at its first end. */
  readonly cable: (from: DiamondName, to: DiamondName, up: boolean) => Promise<void>;
  /** The tunnel that the kernel of a router takes to an address. */
  readonly device: (name: DiamondName, address: string, mark?: number) => Promise<string>;
  readonly startTraffic: (bytesPerSecond: number) => void;
  readonly stopTraffic: () => void;
  readonly run: (name: DiamondName, ...words: readonly string[]) => Promise<string>;
  /** Ends an agent by a signal, and waits for its end. */
  readonly end: (name: DiamondName, signal: NodeJS.Signals) => Promise<void>;
  readonly start: (name: DiamondName) => Promise<void>;
  readonly log: (name: DiamondName) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** UDP and TCP port of the "internet". */
const port = "9000";

/** How a diamond is furnished, where it is not as usual. */
export interface DiamondFurniture {
  readonly changes?: DiamondChanges;
  /** The program of agents and traffic, where another one runs than they are. */
  readonly program?: string | undefined;
  /** How often a route is asked for while one waits for it, in milliseconds. */
  readonly lookTime?: number;
}

/** Builds the diamond and starts its four agents. Where it cannot be built, nothing of it is left. */
export async function diamondStage(
  tag: string,
  curtain: AbortSignal,
  { changes = {}, program, lookTime = 10 }: DiamondFurniture = {},
): Promise<DiamondStage> {
  const agents = new Map<DiamondName, ChildProcess>();
  const traffic: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of [...traffic, ...agents.values()]) child.kill("SIGKILL");
    await removeBelongings(tag);
  };
  const start = async (name: DiamondName): Promise<void> => {
    curtain.throwIfAborted();
    agents.set(name, await spawnAgent(tag, name, curtain, program));
  };
  const ask = (name: DiamondName, ...request: Request): Promise<unknown> =>
    Effect.runPromise(askAgent(controlPath(journalOf(tag, name)), request));
  const run = (name: DiamondName, ...words: readonly string[]) =>
    inside(namespaceName(tag, name), words);
  const route = async (name: DiamondName = "a", prefix: string = internetPrefix) => {
    const answer = (await ask(name, "routes", prefix)) as RoutesAnswer;
    return answer.routes[0];
  };
  try {
    await buildDiamond(tag, curtain, changes);
    await Promise.all(diamondNames.map(start));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ask,
    run,
    route,
    start,
    close,
    status: async (name) => (await ask(name, "status")) as RouterStatus,
    routes: async (name) => (await ask(name, "routes")) as RoutesAnswer,
    until: async (via, limit) => {
      const began = performance.now();
      for (;;) {
        const reached = await route().then(
          (found) => found?.via === via,
          () => false,
        );
        const milliseconds = performance.now() - began;
        if (reached || milliseconds > limit) return { milliseconds, reached };
        await sleep(lookTime, undefined, { signal: curtain });
      }
    },
    cable: async (from, to, up) => {
      const words = ["link", "set", cableTowards(to), up ? "up" : "down"];
      await tool("ip", ["-n", namespaceName(tag, from), ...words]);
    },
    device: async (name, address, mark = 0) => {
      const text = await run(name, "ip", "-j", "route", "get", address, "mark", `${mark}`);
      const [found] = JSON.parse(text) as readonly { readonly dev: string }[];
      return found?.dev ?? "";
    },
    startTraffic: (bytesPerSecond) => {
      traffic.push(spawnTraffic(tag, "i", ["answer", port], program));
      const send = ["send", diamondAddresses.internet, port, `${bytesPerSecond}`];
      traffic.push(spawnTraffic(tag, "a", send, program));
    },
    stopTraffic: () => {
      for (const child of traffic.splice(0)) child.kill("SIGKILL");
    },
    end: async (name, signal) => {
      agents.get(name)?.kill(signal);
      await ended(agents.get(name));
    },
    log: (name) => logOf(tag, name),
  };
}
