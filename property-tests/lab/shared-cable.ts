import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";
import type { Status } from "./agent-pair.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** The routers on the cable, and m, who is no friend of theirs. */
export type Place = "a" | "b" | "c" | "m";

const places = ["a", "b", "c", "m"] as const;

/** Routers in namespaces of their own on one cable, which find each other, or should not. */
export interface SharedCable {
  readonly idOf: (place: Place) => NodeId;
  readonly prefix: (place: Place) => string;
  readonly start: (place: Place, options?: object) => Promise<void>;
  /** Ends an agent and leaves its tunnels. */
  readonly stop: (place: Place) => Promise<void>;
  /** Another command of the program, with the configuration of a router. */
  readonly command: (place: Place, ...args: readonly string[]) => string;
  readonly ask: (place: Place, ...request: Request) => Promise<unknown>;
  readonly status: (place: Place) => Promise<Status>;
  readonly log: (place: Place) => string;
  /** Gives one the keys of another, and a journal of its own that is empty. */
  readonly copyKeys: (from: Place, to: Place) => void;
  readonly unplug: (place: Place) => void;
  readonly plugIn: (place: Place) => void;
  /** A program for Node inside a namespace; ends with the cable. */
  readonly script: (place: Place, text: string, ...args: readonly string[]) => ChildProcess;
  readonly inside: (place: Place, ...command: readonly string[]) => string;
  readonly journal: (place: Place) => string;
  readonly close: () => Promise<void>;
}

const ip = (...args: readonly string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Addresses behind the routers: what a sends to b's takes the paid tunnel. */
export const behind = { a: "10.98.1.1", b: "10.98.2.1", c: "10.98.3.1", m: "10.98.4.1" } as const;

let cables = 0;

/** Makes namespaces, the cable and the keys; starts no agent yet. */
export async function sharedCable(): Promise<SharedCable> {
  cables += 1;
  const tag = `${process.pid.toString(36).slice(-3)}${cables.toString(36)}`;
  const home = mkdtempSync(join(tmpdir(), "meshtoll-cable-"));
  const space = (place: Place | "hub") => `dsc${tag}-${place}`;
  const prefix = (place: Place) => `${place}${tag}`.slice(0, 6);
  const journal = (place: Place) => join(home, place, "journal");
  const config = (place: Place) => join(home, place, "config.json");
  const children = new Map<Place, ChildProcess>();
  const scripts: ChildProcess[] = [];
  layCable(space);
  const ids = {} as Record<Place, NodeId>;
  for (const place of places) {
    mkdirSync(join(home, place), { mode: 0o700 });
    ids[place] = await idIn(join(home, place, "keys"));
  }
  const ask = (place: Place, ...request: Request): Promise<unknown> =>
    Effect.runPromise(askAgent(controlPath(journal(place)), request));
  const logPath = (place: Place): string => join(home, `${place}.log`);
  const start: SharedCable["start"] = async (place, options = {}) => {
    const files = { journal: journal(place), keys: join(home, place, "keys") };
    const text = { ...files, interface_prefix: prefix(place), ...common, ...options };
    writeFileSync(config(place), JSON.stringify(text), { mode: 0o600 });
    const out = openSync(logPath(place), "a", 0o600);
    const command = [process.execPath, main, "run", "--config", config(place)];
    const child = spawn("ip", ["netns", "exec", space(place), ...command], {
      stdio: ["ignore", out, out],
    });
    children.set(place, child);
    while (!(await ask(place, "peers").then(Boolean, () => false))) {
      if (child.exitCode !== null) throw new Error(readFileSync(logPath(place), "utf8"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    idOf: (place) => ids[place],
    prefix,
    start,
    ask,
    journal,
    stop: async (place) => {
      await ask(place, "stop", "keep");
      await ended(children.get(place));
    },
    command: (place, ...args) =>
      execFileSync(process.execPath, [main, ...args, "--config", config(place)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    status: async (place) => (await ask(place, "status")) as Status,
    log: (place) => readFileSync(logPath(place), "utf8"),
    copyKeys: (from, to) => {
      copyFileSync(join(home, from, "keys"), join(home, to, "keys"));
      rmSync(journal(to), { recursive: true, force: true });
    },
    unplug: (place) => void ip("-n", space(place), "link", "set", "cable", "down"),
    plugIn: (place) => {
      ip("-n", space(place), "link", "set", "cable", "up");
      address(space, place);
    },
    script: (place, text, ...args) => {
      const command = ["netns", "exec", space(place), process.execPath, "-e", text, ...args];
      const child = spawn("ip", command, { stdio: "ignore" });
      scripts.push(child);
      return child;
    },
    inside: (place, ...command) => ip("netns", "exec", space(place), ...command),
    close: async () => {
      for (const child of [...scripts, ...children.values()]) child.kill("SIGKILL");
      for (const child of children.values()) await ended(child);
      for (const place of places) takeDown(space(place), prefix(place));
      ip("netns", "delete", space("hub"));
      await sweepLabSockets(...places.map(prefix));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What every router of the lab is told; strangers are trusted with what a test needs. */
const common = {
  pay_threshold: "0.00004 USDC",
  credit_limit: "0.002 USDC",
  reservation: "2MB",
  read_chunk: "500kB",
  price_cap: "0.20/GB",
  round_trip: "1MB",
  poke_interval: "200",
  discovery_interface: ["cable"],
  discovery_policy: "accept",
  discovery_interval: "1000",
  discovery_credit: "0.002 USDC",
  discovery_deposit: "1 USDC",
};

function layCable(space: (place: Place | "hub") => string): void {
  ip("netns", "add", space("hub"));
  ip("-n", space("hub"), "link", "add", "bridge", "type", "bridge");
  ip("-n", space("hub"), "link", "set", "bridge", "up");
  for (const place of places) {
    ip("netns", "add", space(place));
    ip("-n", space(place), "link", "set", "lo", "up");
    const far = ["peer", "name", place, "netns", space("hub")];
    ip("link", "add", "cable", "netns", space(place), "type", "veth", ...far);
    ip("-n", space("hub"), "link", "set", "dev", place, "master", "bridge", "up");
    ip("-n", space(place), "link", "set", "cable", "addrgenmode", "none");
    ip("-n", space(place), "link", "set", "cable", "up");
    address(space, place);
    ip("-n", space(place), "address", "add", `${behind[place]}/32`, "dev", "lo");
  }
}

function address(space: (place: Place) => string, place: Place): void {
  const own = `fe80::${place === "m" ? "bad" : place}/64`;
  ip("-n", space(place), "-6", "address", "replace", own, "dev", "cable", "nodad");
}

function takeDown(space: string, prefix: string): void {
  const links = JSON.parse(ip("-n", space, "-j", "link", "show")) as readonly {
    readonly ifname: string;
  }[];
  for (const { ifname } of links) {
    if (ifname.startsWith(prefix)) ip("-n", space, "link", "delete", "dev", ifname);
  }
  ip("netns", "delete", space);
}

const idIn = (path: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return (yield* Keys).nodeId;
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once("exit", resolve));
}
