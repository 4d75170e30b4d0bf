import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { controlPath } from "#agent/agent/control-socket.ts";
import { sweepLabSockets } from "../../tunnel/lab-sockets.ts";
import { removal } from "../removal.ts";
import {
  agentPort,
  type LoadPlan,
  neighbourPort,
  neighbourSeed,
  sharedTerms,
} from "./load-plan.ts";

/** A router's place on a wire, and neighbours that trade with whatever agent runs there. */
export interface RouterStage {
  readonly namespace: string;
  readonly home: string;
  readonly config: string;
  readonly journal: string;
  readonly control: string;
  /** Lets so many ticks of traffic pass. @returns what moved, of what was offered, and alarms. */
  readonly load: (ticks: number) => Promise<Loaded>;
  readonly close: () => Promise<void>;
}

/** What became of some ticks: bytes as decimal texts. */
export interface Loaded {
  readonly moved: string;
  readonly offered: string;
  readonly alarms: readonly string[];
}

const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8" });

const helper = fileURLToPath(new URL("load-neighbours.ts", import.meta.url));
/** Of both ends of the cable. */
export const addresses = { router: "172.31.91.1", neighbours: "172.31.91.2" } as const;

/**
 * Two namespaces with a cable between them, the router's paid interfaces, and its neighbours, ready.
 * Needs root, and `ip`, `tc`, `nft` and `wireguard-go`.
 */
export async function routerStage(
  neighbours: number,
  interval: number,
  perTick: number,
): Promise<RouterStage> {
  const tag = process.pid.toString(36).slice(-3);
  const home = mkdtempSync(join(tmpdir(), "meshtoll-router-bench-"));
  const namespace = `pkr-${tag}`;
  const outside = `pko-${tag}`;
  const prefix = `pk${tag}`;
  const gone = removal(() => removeStage([namespace, outside], prefix, home));
  const journal = join(home, "journal");
  const config = join(home, "config.json");
  const keys = await Effect.runPromise(
    Effect.map(Keys, (it) => it).pipe(Effect.provide(fileKeys(join(home, "keys")))),
  );
  wire(namespace, outside);
  for (let i = 0; i < neighbours; i++) {
    ip("-n", namespace, "tuntap", "add", "dev", `${prefix}n${i}1`, "mode", "tun");
  }
  writeFileSync(config, configText(neighbours, interval, { home, journal, prefix }), {
    mode: 0o600,
  });
  const control = controlPath(journal);
  const router = {
    id: keys.nodeId,
    tunnelKey: keys.tunnelPublicKey,
    address: addresses.router,
    control,
  };
  const plan: LoadPlan = { prefix, neighbours, interval, perTick, router };
  const child = spawn(
    "ip",
    ["netns", "exec", outside, process.execPath, helper, JSON.stringify(plan)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const answers = lines(child);
  await answers();
  return {
    namespace,
    home,
    config,
    journal,
    control,
    load: async (ticks) => {
      child.stdin?.write(`${ticks}\n`);
      return (await answers()) as Loaded;
    },
    close: async () => {
      child.stdin?.end();
      await new Promise((resolve) =>
        child.exitCode === null ? child.once("exit", resolve) : resolve(undefined),
      );
      await gone();
    },
  };
}

function wire(namespace: string, outside: string): void {
  for (const one of [namespace, outside]) {
    ip("netns", "add", one);
    ip("-n", one, "link", "set", "lo", "up");
  }
  ip("link", "add", "cable", "netns", namespace, "type", "veth", "peer", "cable", "netns", outside);
  for (const [one, address] of [
    [namespace, addresses.router],
    [outside, addresses.neighbours],
  ] as const) {
    ip("-n", one, "address", "add", `${address}/24`, "dev", "cable");
    ip("-n", one, "link", "set", "cable", "up");
  }
}

/** The configuration that a person would write for a router with so many neighbours. */
export function configText(
  neighbours: number,
  interval: number,
  places: { readonly home: string; readonly journal: string; readonly prefix: string },
  terms: Readonly<Record<string, string>> = {},
): string {
  return JSON.stringify({
    ...sharedTerms,
    ...terms,
    journal: places.journal,
    keys: join(places.home, "keys"),
    interface_prefix: places.prefix,
    poke_interval: `${interval}`,
    neighbours: Array.from({ length: neighbours }, (_, i) => {
      const { nodeId, tunnelPublicKey } = keysFromSeed(neighbourSeed(i));
      return {
        name: `n${i}`,
        id: nodeId,
        tunnel_key: tunnelPublicKey,
        listen_port: `${agentPort(i)}`,
        endpoint: `${addresses.neighbours}:${neighbourPort(i)}`,
        deposit_in: "1000000 USDC",
        deposit_out: "1000000 USDC",
      };
    }),
  });
}

/** One JSON value a line, each to whoever asks next. @throws Error where the process ends instead. */
export function lines(child: ChildProcess): () => Promise<unknown> {
  const said: unknown[] = [];
  let waiting: (() => void) | undefined;
  let ended = false;
  const wake = (): void => {
    waiting?.();
    waiting = undefined;
  };
  if (child.stdout === null) throw new Error("the neighbours have no voice");
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(JSON.parse(line));
    wake();
  });
  child.once("exit", () => {
    ended = true;
    wake();
  });
  return async () => {
    while (said.length === 0) {
      if (ended) throw new Error("the neighbours ended");
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
    return said.shift();
  };
}

/** Whatever of it is there; a wireguard-go that was ended by force leaves its socket, which is swept. */
async function removeStage(namespaces: readonly string[], prefix: string, home: string) {
  for (const one of namespaces) {
    if (
      !ip("netns", "list")
        .split("\n")
        .some((line) => line.split(" ")[0] === one)
    )
      continue;
    for (const pid of ip("netns", "pids", one).split("\n").filter(Boolean)) end(Number(pid));
    ip("netns", "delete", one);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  await sweepLabSockets(prefix);
  rmSync(home, { recursive: true, force: true });
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}
