import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import type { statusOf } from "#agent/agent/request.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";

/** The agent as it stands in the sources. */
const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** Which of the two routers. a sends paid bytes to b. */
export type Name = "a" | "b";

/** What `status` says, after its way through JSON: amounts are decimal texts. */
export type Status = Texts<ReturnType<typeof statusOf>>;
type Texts<T> = T extends bigint | string
  ? string
  : T extends readonly (infer A)[]
    ? readonly Texts<A>[]
    : T extends object
      ? { readonly [K in keyof T]: Texts<T[K]> }
      : T;

/** Two routers in namespaces, joined by a cable. Everything is gone after {@link AgentPair.close}. */
export interface AgentPair {
  readonly namespace: (name: Name) => string;
  readonly prefix: (name: Name) => string;
  readonly directory: (name: Name) => string;
  /** Starts an agent and waits until it answers. */
  readonly start: (name: Name, changes?: Readonly<Record<string, string>>) => Promise<void>;
  /** Sends a signal to an agent and waits for its end; returns its exit code. */
  readonly signal: (name: Name, signal: NodeJS.Signals) => Promise<number | null>;
  readonly wait: (name: Name) => Promise<number | null>;
  /** The process of an agent that runs. */
  readonly pid: (name: Name) => number;
  readonly ask: (name: Name, ...request: Request) => Promise<unknown>;
  readonly status: (name: Name) => Promise<Status>;
  readonly log: (name: Name) => string;
  /** Sends so many datagrams of 1000 bytes from a to an address behind b. */
  readonly send: (datagrams: number) => void;
  /** Raw transfer bytes of an interface, as `wg` prints them: received, sent. */
  readonly transfer: (name: Name, interfaceName: string) => readonly [bigint, bigint];
  readonly close: () => Promise<void>;
}

/** The address behind b that takes the paid tunnel. */
const destination = "10.99.7.2";

const ip = (...args: readonly string[]): string => execFileSync("ip", args, { encoding: "utf8" });

/** Where everything of a pair is. */
interface Places {
  readonly home: string;
  readonly namespace: (name: Name) => string;
  readonly prefix: (name: Name) => string;
  readonly directory: (name: Name) => string;
}

function placesOf(): Places {
  const tag = process.pid.toString(36).slice(-4);
  const home = mkdtempSync(join(tmpdir(), "meshtoll-agents-"));
  return {
    home,
    namespace: (name) => `ag${name}-${tag}`,
    prefix: (name) => `${name === "a" ? "u" : "v"}${tag}`,
    directory: (name) => join(home, name, "journal"),
  };
}

/** Options of a neighbour's section beside those that everybody has. */
export type NeighbourChanges = (name: Name) => Readonly<Record<string, string>>;

/** Makes the namespaces, the cable, the keys; starts no agent yet. @param program the agents', @param flags of their node. */
export async function agentPair(
  between: NeighbourChanges = () => ({}),
  program: string = main,
  flags: readonly string[] = [],
): Promise<AgentPair> {
  const places = placesOf();
  const { home, namespace, prefix, directory } = places;
  const children = new Map<Name, ChildProcess>();
  network(places);
  const keys = {
    a: await keysOf(join(home, "a", "keys")),
    b: await keysOf(join(home, "b", "keys")),
  };

  const ask = (name: Name, ...request: Request): Promise<unknown> =>
    Effect.runPromise(askAgent(controlPath(directory(name)), request));
  const logPath = (name: Name): string => join(home, `${name}.log`);

  const start: AgentPair["start"] = async (name, changes = {}) => {
    const config = join(home, `${name}.json`);
    writeFileSync(config, configOf(places, keys, name, changes, between(name)), { mode: 0o600 });
    const out = openSync(logPath(name), "a", 0o600);
    const command = [process.execPath, ...flags, program, "run", "--config", config];
    const args = ["netns", "exec", namespace(name), ...command];
    const child = spawn("ip", args, { stdio: ["ignore", out, out] });
    children.set(name, child);
    while (!(await ask(name, "peers").then(Boolean, () => false))) {
      if (child.exitCode !== null) throw new Error(readFileSync(logPath(name), "utf8"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const wait = (name: Name): Promise<number | null> => ended(children.get(name));

  return {
    namespace,
    prefix,
    directory,
    start,
    wait,
    ask,
    pid: (name) => children.get(name)?.pid ?? 0,
    signal: async (name, signal) => {
      children.get(name)?.kill(signal);
      return wait(name);
    },
    status: async (name) => (await ask(name, "status")) as Status,
    log: (name) => readFileSync(logPath(name), "utf8"),
    send: (datagrams) => {
      const text = `const s = require("node:dgram").createSocket("udp4"); let n = ${datagrams};
        const next = () => n-- > 0 ? s.send(Buffer.alloc(1000), 9, "${destination}", () => setTimeout(next, 1)) : s.close(); next();`;
      ip("netns", "exec", namespace("a"), process.execPath, "-e", text);
    },
    transfer: (name, interfaceName) => {
      const line = ip("netns", "exec", namespace(name), "wg", "show", interfaceName, "transfer");
      const [, received = "0", sent = "0"] = line.trim().split("\t");
      return [BigInt(received), BigInt(sent)];
    },
    close: async () => {
      for (const child of children.values()) {
        child.kill("SIGKILL");
        await ended(child);
      }
      for (const name of ["a", "b"] as const) {
        for (const link of interfacesOf(namespace(name), prefix(name))) {
          ip("-n", namespace(name), "link", "delete", "dev", link);
        }
        ip("netns", "delete", namespace(name));
      }
      await sweepLabSockets(prefix("a"), prefix("b"));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Two namespaces, a cable between them, and an address behind each. */
function network({ home, namespace }: Places): void {
  for (const name of ["a", "b"] as const) {
    mkdirSync(join(home, name), { mode: 0o700 });
    ip("netns", "add", namespace(name));
    ip("-n", namespace(name), "link", "set", "lo", "up");
  }
  const far = ["peer", "name", "cable", "netns", namespace("b")];
  ip("link", "add", "cable", "netns", namespace("a"), "type", "veth", ...far);
  for (const [name, address] of [
    ["a", "172.31.7.1/24"],
    ["b", "172.31.7.2/24"],
  ] as const) {
    ip("-n", namespace(name), "address", "add", address, "dev", "cable");
    ip("-n", namespace(name), "link", "set", "cable", "up");
  }
  ip("-n", namespace("a"), "address", "add", "10.99.7.1/32", "dev", "lo");
  ip("-n", namespace("b"), "address", "add", `${destination}/32`, "dev", "lo");
}

type PublicKeys = Readonly<Record<Name, Pick<Keys["Service"], "nodeId" | "tunnelPublicKey">>>;

/** The configuration that a person would write for one of the two. */
function configOf(
  { home, prefix, directory }: Places,
  keys: PublicKeys,
  name: Name,
  changes: Readonly<Record<string, string>>,
  between: Readonly<Record<string, string>>,
): string {
  const other = name === "a" ? "b" : "a";
  return JSON.stringify({
    journal: directory(name),
    keys: join(home, name, "keys"),
    interface_prefix: prefix(name),
    pay_threshold: "0.00004 USDC",
    credit_limit: "0.002 USDC",
    reservation: "2MB",
    read_chunk: "500kB",
    price_cap: "0.20/GB",
    round_trip: "1MB",
    poke_interval: "200",
    ...changes,
    neighbours: [
      {
        name: other,
        id: keys[other].nodeId,
        tunnel_key: keys[other].tunnelPublicKey,
        endpoint: `172.31.7.${name === "a" ? 2 : 1}:51820`,
        listen_port: "51820",
        deposit_in: "1 USDC",
        deposit_out: "1 USDC",
        price: name === "b" ? "0.05/GB" : "0.03/GB",
        ...between,
      },
    ],
    routes: name === "a" ? [{ prefix: `${destination}/32`, via: "b" }] : [],
  });
}

const keysOf = (path: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* Keys;
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

async function ended(child: ChildProcess | undefined): Promise<number | null> {
  if (child === undefined) return null;
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once("exit", resolve));
  }
  return child.exitCode;
}

/** The interfaces of a namespace whose names begin so. */
export function interfacesOf(namespace: string, prefix: string): readonly string[] {
  const links: unknown = JSON.parse(ip("-n", namespace, "-j", "link", "show"));
  return (links as readonly { readonly ifname: string }[])
    .map(({ ifname }) => ifname)
    .filter((name) => name.startsWith(prefix));
}

/** Rules, routes of every table, and nft tables of a namespace: what an agent must not leave. */
export function kernelState(namespace: string): string {
  const show = (...command: readonly string[]): string =>
    ip("netns", "exec", namespace, ...command);
  return [
    show("ip", "-4", "rule", "show"),
    show("ip", "-6", "rule", "show"),
    show("ip", "-4", "route", "show", "table", "all"),
    show("nft", "list", "ruleset"),
    show("ip", "-o", "link", "show").replaceAll(/^\d+: | qlen \d+/gm, ""),
  ].join("\n");
}
