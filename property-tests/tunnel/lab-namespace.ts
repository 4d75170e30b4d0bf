import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { QueueingOptions } from "#adapters/queueing/kernel-queueing.ts";
import type { TunnelWayName } from "#adapters/tunnel/wireguard-tunnel.ts";
import { fromJson, toJson } from "./big-json.ts";
import { sweepLabSockets } from "./lab-sockets.ts";
import type { Operations } from "./port-driver.ts";

/** One network namespace of a lab test, and the ports of this project inside it. */
export interface LabNamespace {
  readonly name: string;
  /** Runs a tool inside; throws with its words. */
  readonly tool: (tool: string, ...args: readonly string[]) => string;
  /** Asks the driver inside; starts one if there is none. */
  readonly ask: <K extends keyof Operations>(
    operation: K,
    ...given: Parameters<Operations[K]>
  ) => ReturnType<Operations[K]>;
  /** Ends the driver as a crash would: SIGKILL, no farewell. The next {@link ask} starts another. */
  readonly kill: () => Promise<void>;
  /** Everything that the ports could have changed, as the tools show it; counters left out. */
  readonly state: () => string;
  /** Ends everything inside and removes the namespace. */
  readonly remove: () => Promise<void>;
}

const driverPath = fileURLToPath(new URL("port-driver.ts", import.meta.url));

/** What the ports inside are made with. */
export interface LabOptions extends QueueingOptions {
  /** How tunnels are told what to be; the machine's own way if absent. */
  readonly tunnelWays?: readonly TunnelWayName[];
  /** A directory of tools that are taken before the machine's own. */
  readonly tools?: string;
}

/** A namespace that forwards packets, with a name that no other process uses. */
export function labNamespace(place: string, options: LabOptions): LabNamespace {
  const name = `mtlab-${process.pid.toString(36)}-${place}`;
  const ip = (...args: readonly string[]) => execFileSync("ip", args, { encoding: "utf8" });
  const tool = (program: string, ...args: readonly string[]) =>
    execFileSync("ip", ["netns", "exec", name, program, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  ip("netns", "add", name);
  ip("-n", name, "link", "set", "lo", "up");
  tool(
    "sysctl",
    "-qw",
    "net.ipv4.ip_forward=1",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv6.conf.default.accept_dad=0",
  );
  let driver: Driver | undefined;
  return {
    name,
    tool,
    ask: (async (operation: keyof Operations, ...given: readonly unknown[]) => {
      driver ??= startDriver(name, options);
      return driver.ask(operation, given);
    }) as LabNamespace["ask"],
    kill: async () => {
      await driver?.kill();
      driver = undefined;
    },
    state: () =>
      [
        ["ip", "-d", "link", "show"],
        ["ip", "address", "show"],
        ...["-4", "-6"].flatMap((family) => [
          ["ip", family, "rule", "show"],
          ["ip", family, "route", "show", "table", "all", "proto", "201"],
        ]),
        ["nft", "list", "ruleset"],
        ["tc", "qdisc", "show"],
      ]
        .map(([program = "", ...args]) => tool(program, ...args))
        .join("\n---\n"),
    remove: async () => {
      await driver?.kill();
      await endInside(() => ip("netns", "pids", name).split("\n").map(Number));
      ip("netns", "delete", name);
      await sweepLabSockets();
    },
  };
}

/** How often to look whether ended processes are gone, 20 ms apart: their sockets go with them. */
const looks = 150;

async function endInside(inside: () => readonly number[]): Promise<void> {
  for (let look = 0; look < looks; look++) {
    const pids = inside().filter((pid) => pid > 1);
    if (pids.length === 0) return;
    for (const pid of pids) end(pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

interface Driver {
  readonly ask: (operation: string, given: readonly unknown[]) => Promise<unknown>;
  readonly kill: () => Promise<void>;
}

function startDriver(namespace: string, options: LabOptions): Driver {
  const args = ["netns", "exec", namespace, process.execPath, driverPath, toJson(options)];
  const { PATH = "" } = process.env;
  const path = options.tools === undefined ? PATH : `${options.tools}:${PATH}`;
  const child: ChildProcess = spawn("ip", args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PATH: path },
  });
  const waiting = new Map<number, (answer: { value?: unknown; error?: string }) => void>();
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void ended.then(() => {
    for (const done of waiting.values()) done({ error: "the driver ended" });
  });
  let last = 0;
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, ...answer } = fromJson(line) as { id: number; value?: unknown; error?: string };
      waiting.get(id)?.(answer);
      waiting.delete(id);
    });
  }
  return {
    ask: (operation, given) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, ({ value, error }) =>
          error === undefined ? resolve(value) : reject(new Error(error)),
        );
        child.stdin?.write(`${toJson([id, operation, ...given])}\n`);
      }),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
