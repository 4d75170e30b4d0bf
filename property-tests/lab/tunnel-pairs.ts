import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import type { CounterReading } from "#adapters/counters/counters.ts";
import type { CountersWayName } from "#adapters/counters/wireguard-counters.ts";
import { uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import type { Transfer } from "../contracts/counters-contract.ts";
import { labInterfaces, sweepLabSockets } from "../tunnel/lab-sockets.ts";
import type { ProbeRequest } from "./counters-probe.ts";

/** Which WireGuard a tunnel is made with. */
export type TunnelKind = "userspace" | "kernel";

/**
 * Two namespaces, joined by a cable, with WireGuard tunnels between them. Everything ends with
 * {@link TunnelPairs.close}; processes are ended by their id.
 */
export interface TunnelPairs {
  /** Names of the near interfaces. */
  readonly names: readonly [string, string];
  readonly near: string;
  readonly probe: Probe;
  readonly remake: (name: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** What the far end counts, as `wg` prints it there. */
  readonly witness: (name: string) => Promise<Transfer>;
  readonly move: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A process inside the near namespace that reads for us. */
export interface Probe {
  readonly counters: (
    ways: readonly CountersWayName[],
    names: readonly string[],
  ) => Promise<readonly CounterReading[]>;
  readonly ask: (request: ProbeRequest) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

let made = 0;

/** Two tunnels, made and ready. */
export async function tunnelPairs(kind: TunnelKind): Promise<TunnelPairs> {
  made += 1;
  const tag = `${process.pid.toString(36)}${made.toString(36)}`;
  const [near, far] = [`ctn-${tag}`, `ctf-${tag}`];
  const names = [`${labInterfaces}n${tag}a`, `${labInterfaces}n${tag}b`] as const;
  const farOf = (name: string): string =>
    `${labInterfaces}f${name.slice(labInterfaces.length + 1)}`;
  const daemons = new Map<string, ChildProcess>();

  const remove = async (name: string): Promise<void> => {
    for (const [namespace, one] of [
      [near, name],
      [far, farOf(name)],
    ] as const) {
      if (kind === "kernel") ip("-n", namespace, "link", "delete", one);
      else await end(daemons.get(one));
      daemons.delete(one);
    }
  };

  const make = async (name: string): Promise<void> => {
    const keys = keysOf(name);
    for (const side of ["near", "far"] as const) {
      const [namespace, one] =
        side === "near" ? ([near, name] as const) : ([far, farOf(name)] as const);
      const daemon = await makeInterface(kind, namespace, one);
      if (daemon !== undefined) daemons.set(one, daemon);
      const plan = planOf((names as readonly string[]).indexOf(name), side, keys);
      await configure(kind, namespace, one, plan);
    }
  };

  const close = async (): Promise<void> => {
    await probe?.end();
    for (const daemon of daemons.values()) await end(daemon);
    for (const namespace of [near, far]) attempt("netns", "delete", namespace);
    await sweepLabSockets();
  };

  let probe: Probe | undefined;
  try {
    joinNamespaces(near, far, tag);
    for (const name of names) await make(name);
    probe = await startProbe(near);
  } catch (error) {
    await close();
    throw error;
  }
  const { ask } = probe;
  return {
    names,
    near,
    probe,
    remove,
    remake: async (name) => {
      await remove(name);
      await make(name);
    },
    witness: async (name) => transferOf(far, farOf(name)),
    move: async (name) => {
      const to = `10.77.${(names as readonly string[]).indexOf(name)}.2`;
      await ask({ ask: "send", to, datagrams: 20 });
    },
    close,
  };
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", [...words], { stdio: "pipe" });
}

function attempt(...words: readonly string[]): void {
  try {
    ip(...words);
  } catch {
    // it is not there
  }
}

function joinNamespaces(near: string, far: string, tag: string): void {
  for (const namespace of [near, far]) {
    ip("netns", "add", namespace);
    ip("-n", namespace, "link", "set", "lo", "up");
  }
  const [one, other] = [`cx${tag}`, `cy${tag}`];
  ip("link", "add", one, "netns", near, "type", "veth", "peer", "name", other, "netns", far);
  ip("-n", near, "address", "add", "10.76.0.1/24", "dev", one);
  ip("-n", far, "address", "add", "10.76.0.2/24", "dev", other);
  ip("-n", near, "link", "set", one, "up");
  ip("-n", far, "link", "set", other, "up");
}

/** What one end of a tunnel is made of. Keys in base64. */
interface Plan {
  readonly privateKey: string;
  readonly peerKey: string;
  readonly port: number;
  readonly endpoint: string;
  readonly address: string;
}

interface TunnelKeys {
  readonly near: KeyPair;
  readonly far: KeyPair;
}

interface KeyPair {
  readonly secret: string;
  readonly open: string;
}

const known = new Map<string, TunnelKeys>();

/** Of a tunnel, always the same. */
function keysOf(name: string): TunnelKeys {
  const keys = known.get(name) ?? { near: keyPair(), far: keyPair() };
  known.set(name, keys);
  return keys;
}

function keyPair(): KeyPair {
  const { d = "", x = "" } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const base64 = (text: string) => Buffer.from(text, "base64url").toString("base64");
  return { secret: base64(d), open: base64(x) };
}

function planOf(tunnel: number, side: "near" | "far", keys: TunnelKeys): Plan {
  const [own, other] = side === "near" ? [keys.near, keys.far] : [keys.far, keys.near];
  const [host, peer] = side === "near" ? [1, 2] : [2, 1];
  const port = 51_820 + tunnel;
  return {
    privateKey: own.secret,
    peerKey: other.open,
    port,
    endpoint: `10.76.0.${peer}:${port}`,
    address: `10.77.${tunnel}.${host}/24`,
  };
}

async function makeInterface(
  kind: TunnelKind,
  namespace: string,
  name: string,
): Promise<ChildProcess | undefined> {
  if (kind === "kernel") {
    ip("-n", namespace, "link", "add", name, "type", "wireguard");
    return undefined;
  }
  // In the foreground `ip` becomes wireguard-go: its id is known.
  const daemon = spawn("ip", ["netns", "exec", namespace, "wireguard-go", "-f", name], {
    stdio: "ignore",
    env: { ...process.env, LOG_LEVEL: "silent" },
  });
  await answers(name);
  return daemon;
}

async function answers(name: string): Promise<void> {
  for (let look = 1; ; look++) {
    const outcome = await Effect.runPromise(Effect.result(uapiRequest(name, "get=1")));
    if (outcome._tag === "Success") return;
    if (look === 200) throw new Error(`wireguard-go on ${name}: ${outcome.failure.words}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function configure(kind: TunnelKind, namespace: string, name: string, plan: Plan) {
  const hex = (base64: string) => Buffer.from(base64, "base64").toString("hex");
  const { privateKey, peerKey, port, endpoint, address } = plan;
  if (kind === "userspace") {
    const lines = [
      "set=1",
      `private_key=${hex(privateKey)}`,
      `listen_port=${port}`,
      `public_key=${hex(peerKey)}`,
      `endpoint=${endpoint}`,
      "allowed_ip=0.0.0.0/0",
    ];
    await Effect.runPromise(uapiRequest(name, lines.join("\n")));
  } else {
    // wg opens its file by name, and a child's /dev/stdin is a socket, which has none.
    const directory = mkdtempSync(join(tmpdir(), "meshtoll-lab-"));
    const key = join(directory, "key");
    writeFileSync(key, privateKey, { mode: 0o600 });
    const words = `set ${name} listen-port ${port} private-key ${key} peer ${peerKey} endpoint ${endpoint} allowed-ips 0.0.0.0/0`;
    execFileSync("ip", ["netns", "exec", namespace, "wg", ...words.split(" ")]);
    rmSync(directory, { recursive: true });
  }
  ip("-n", namespace, "address", "add", address, "dev", name);
  ip("-n", namespace, "link", "set", name, "mtu", "1420", "up");
}

/** The far end's counters are ours the other way round. */
function transferOf(namespace: string, name: string): Transfer {
  const words = ["netns", "exec", namespace, "wg", "show", name, "transfer"];
  const text = execFileSync("ip", words, { encoding: "utf8" });
  const [, received = "", sent = ""] = text.trim().split("\t");
  return { received: BigInt(sent), sent: BigInt(received) };
}

function end(child: ChildProcess | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once("exit", () => resolve());
      child.kill("SIGTERM");
    }
  });
}

const probeFile = fileURLToPath(new URL("./counters-probe.ts", import.meta.url));

async function startProbe(namespace: string): Promise<Probe> {
  const words = ["netns", "exec", namespace, process.execPath, probeFile];
  const child = spawn("ip", words, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  child.on("close", () => {
    for (const give of waiting.splice(0)) give('{"error":"the probe ended"}');
  });
  const ask = async (request: ProbeRequest): Promise<unknown> => {
    const line = await new Promise<string>((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    const outcome = JSON.parse(line, (_, value: unknown) =>
      typeof value === "string" && /^[0-9]+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
    ) as { readonly value?: unknown; readonly error?: string };
    if (outcome.error !== undefined) throw new Error(outcome.error);
    return outcome.value;
  };
  return {
    ask,
    counters: async (ways, names) =>
      (await ask({ ask: "counters", ways, names })) as readonly CounterReading[],
    end: () => end(child),
  };
}
