import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import type { ExitFacts } from "#agent/routing/exit-facts.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";
import { interfacesOf, type Status } from "./agent-pair.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** Two exits, x cheap and y dear, and two clients of both. A gateway without an agent carries it all. */
export type Place = "x" | "y" | "c1" | "c2";

const exits = ["x", "y"] as const;
const clients = ["c1", "c2"] as const;
const places: readonly Place[] = [...exits, ...clients];

/** What each exit asks for a delivered byte. */
export const tariffs = { x: "0.10/GB", y: "0.16/GB" } as const;

/** L of every delivery account, and what a client accepts to have been lost. */
export const creditLimit = "0.0004 USDC";
export const lossBytes = 100_000n;

/** The gateway holds packets between c1 and y for so long, each way, in milliseconds. */
export const injectedDelay = 20;

/** An address that both exits lead to, and where the clients are. */
const internet = "10.96.0.1";
const home = { c1: "10.96.1.1", c2: "10.96.1.2" } as const;

/** The market: namespaces, agents and what goes on between them. Gone after {@link MarketStage.close}. */
export interface MarketStage {
  readonly start: () => Promise<void>;
  readonly ask: (place: Place, ...request: Request) => Promise<unknown>;
  readonly status: (place: Place) => Promise<Status>;
  readonly exits: (client: "c1" | "c2") => Promise<readonly ExitFacts[]>;
  /** A client asks the internet for so many datagrams of 1000 bytes; whichever exit it takes sends them. */
  readonly download: (client: "c1" | "c2", datagrams: number) => Promise<void>;
  /** nft rules in the gateway, or in a place of ours, instead of those before; none end it. */
  readonly lose: (where: Place | "g", ...rules: readonly string[]) => void;
  readonly address: (place: Place) => string;
  readonly log: (place: Place) => string;
  /** The tunnel of a place towards another, of a class. */
  readonly tunnel: (place: Place, other: Place, priceClass: number) => string;
  readonly namespace: (place: Place | "g") => string;
  readonly close: () => Promise<void>;
}

const ip = (...words: readonly string[]): string => execFileSync("ip", words, { encoding: "utf8" });

const addressOf = (place: Place): string => `172.30.${places.indexOf(place) + 1}.2`;
const gatewayOf = (place: Place): string => `172.30.${places.indexOf(place) + 1}.1`;

/** Ports that a relay in the gateway listens on for c1, class 0 first. */
const relayPort = 53_000;

/** What of the market is there, where it is not all of it as usual. */
export interface MarketOptions {
  readonly present?: readonly Place[];
  /** Milliseconds between two datagrams of a download: one, if nothing else is said. */
  readonly pace?: number;
  /** The agents' program. */
  readonly program?: string;
  /** What is otherwise in a place's configuration, and in its sections about neighbours. */
  readonly changes?: (place: Place) => Readonly<Record<string, string | readonly string[]>>;
  readonly between?: (place: Place) => Readonly<Record<string, string>>;
}

/** Makes namespaces, cables and keys; starts no agent yet. */
export async function marketStage(options: MarketOptions = {}): Promise<MarketStage> {
  const { present = places, pace = 1, program = main } = options;
  const tag = process.pid.toString(36).slice(-4);
  const directory = mkdtempSync(join(tmpdir(), "meshtoll-market-"));
  const namespace = (place: Place | "g") => `mk${place}-${tag}`;
  const prefix = (place: Place) => `${"kmno"[places.indexOf(place)]}${tag}`;
  const journal = (place: Place) => join(directory, place, "journal");
  const children: ChildProcess[] = [];
  cables(namespace, present);
  const keys = {} as Record<Place, Pick<Keys["Service"], "nodeId" | "tunnelPublicKey">>;
  for (const place of present) {
    mkdirSync(join(directory, place), { mode: 0o700 });
    keys[place] = await keysOf(join(directory, place, "keys"));
  }
  const within = (place: Place | "g", log: string, ...command: readonly string[]): void => {
    const out = openSync(join(directory, log), "a", 0o600);
    const words = ["netns", "exec", namespace(place), process.execPath, ...command];
    children.push(spawn("ip", words, { stdio: ["ignore", out, out] }));
  };
  const ask = (place: Place, ...request: Request): Promise<unknown> =>
    Effect.runPromise(askAgent(controlPath(journal(place)), request));

  return {
    ask,
    address: addressOf,
    namespace,
    tunnel: (place, other, priceClass) => `${prefix(place)}${other}${priceClass}`,
    status: async (place) => (await ask(place, "status")) as Status,
    exits: async (client) => (await ask(client, "exits")) as readonly ExitFacts[],
    log: (place) => readFileSync(join(directory, `${place}.log`), "utf8"),
    start: async () => {
      if (present.includes("y")) within("g", "relay.log", "-e", relay(listenPort("y", "c1")));
      for (const exit of exits) {
        if (present.includes(exit)) within(exit, "server.log", "-e", server(pace));
      }
      for (const place of present) {
        const config = join(directory, `${place}.json`);
        const belongings = { journal: journal(place), keys: join(directory, place, "keys") };
        const own = { ...belongings, interface_prefix: prefix(place) };
        writeFileSync(config, JSON.stringify(configOf(place, own, keys, options)), { mode: 0o600 });
        within(place, `${place}.log`, program, "run", "--config", config);
        while (!(await ask(place, "peers").then(Boolean, () => false))) {
          const child = children.at(-1);
          if (child?.exitCode !== null) {
            throw new Error(readFileSync(join(directory, `${place}.log`), "utf8"));
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    download: async (client, datagrams) => {
      const words = ["netns", "exec", namespace(client), process.execPath, "-e"];
      const child = spawn("ip", [...words, request(home[client], datagrams)], { stdio: "inherit" });
      await new Promise((resolve) => child.once("exit", resolve));
    },
    lose: (where, ...rules) => {
      const lines = [
        "table inet market_loss",
        "delete table inet market_loss",
        ...(rules.length === 0 ? [] : ["table inet market_loss {", ...rules, "}"]),
      ];
      const nft = ["netns", "exec", namespace(where), "nft", "-f", "-"];
      execFileSync("ip", nft, { input: `${lines.join("\n")}\n` });
    },
    close: async () => {
      for (const child of children) {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) {
          await new Promise((resolve) => child.once("exit", resolve));
        }
      }
      for (const place of present) {
        for (const link of interfacesOf(namespace(place), prefix(place))) {
          ip("-n", namespace(place), "link", "delete", "dev", link);
        }
      }
      for (const place of [...present, "g"] as const) ip("netns", "delete", namespace(place));
      await sweepLabSockets(...present.map(prefix));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Every place has a cable to the gateway, which forwards. */
function cables(namespace: (place: Place | "g") => string, present: readonly Place[]): void {
  for (const place of [...present, "g"] as const) {
    ip("netns", "add", namespace(place));
    ip("-n", namespace(place), "link", "set", "lo", "up");
  }
  const gateway = namespace("g");
  for (const place of present) {
    const far = ["peer", "name", `to-${place}`, "netns", gateway];
    ip("link", "add", "cable", "netns", namespace(place), "type", "veth", ...far);
    ip("-n", namespace(place), "address", "add", `${addressOf(place)}/24`, "dev", "cable");
    ip("-n", gateway, "address", "add", `${gatewayOf(place)}/24`, "dev", `to-${place}`);
    ip("-n", namespace(place), "link", "set", "cable", "up");
    ip("-n", gateway, "link", "set", `to-${place}`, "up");
    ip("-n", namespace(place), "route", "add", "172.30.0.0/16", "via", gatewayOf(place));
  }
  ip("netns", "exec", gateway, "sysctl", "-qw", "net.ipv4.ip_forward=1");
  const here = (place: Place) => present.includes(place);
  for (const exit of exits.filter(here))
    ip("-n", namespace(exit), "address", "add", `${internet}/32`, "dev", "lo");
  for (const one of clients.filter(here))
    ip("-n", namespace(one), "address", "add", `${home[one]}/32`, "dev", "lo");
}

/** Where a place listens for another one: a port for each class. */
function listenPort(place: Place, other: Place): number {
  return 51_820 + 10 * (places.indexOf(place) * places.length + places.indexOf(other));
}

/** The configuration that a person would write for a place. */
function configOf(
  place: Place,
  own: Readonly<Record<string, string>>,
  keys: Readonly<Record<Place, Pick<Keys["Service"], "nodeId" | "tunnelPublicKey">>>,
  { present = places, changes = () => ({}), between = () => ({}) }: MarketOptions,
): object {
  const isExit = place === "x" || place === "y";
  const others = (isExit ? clients : exits).filter((one) => present.includes(one));
  return {
    ...own,
    pay_threshold: "0.00004 USDC",
    credit_limit: creditLimit,
    reservation: "2MB",
    read_chunk: "100kB",
    price_cap: "0.20/GB",
    round_trip: "1MB",
    poke_interval: "100",
    // A busy machine makes delays of its own: here exits are chosen by price and loss.
    weight_delay: "0",
    loss_bytes: `${lossBytes}`,
    ...(isExit ? {} : { exit_route: [`${internet}/32`] }),
    ...changes(place),
    neighbours: others.map((other) => ({
      name: other,
      id: keys[other].nodeId,
      tunnel_key: keys[other].tunnelPublicKey,
      listen_port: `${listenPort(place, other)}`,
      deposit_in: "1 USDC",
      deposit_out: "1 USDC",
      price: "0.01/GB",
      ...(isExit
        ? { delivery: "exit", tariff: tariffs[place] }
        : { delivery: "client", endpoint: endpointOf(place, other) }),
      ...between(place),
    })),
    routes: isExit ? clients.map((client) => ({ prefix: `${home[client]}/32`, via: client })) : [],
  };
}

/** c1 reaches y by the relay, which is slow; everybody else goes straight through the gateway. */
function endpointOf(client: Place, exit: Place): string {
  if (client === "c1" && exit === "y") return `${gatewayOf("c1")}:${relayPort}`;
  return `${addressOf(exit)}:${listenPort(exit, client)}`;
}

/** Sends as many datagrams as it is asked for. @param pace milliseconds from one to the next. */
const server = (pace: number) => `const s = require("node:dgram").createSocket("udp4");
  s.on("message", (text, { address, port }) => { let n = Number(text);
    const next = () => n-- > 0 && s.send(Buffer.alloc(972), port, address, () => setTimeout(next, ${pace})); next(); });
  s.bind(9000, "${internet}");`;

/** Asks, and waits until nothing has come for a second. */
const request = (from: string, datagrams: number): string =>
  `const s = require("node:dgram").createSocket("udp4"); let t;
  const wait = () => { clearTimeout(t); t = setTimeout(() => s.close(), 1000); };
  s.on("message", wait);
  s.bind(0, "${from}", () => { s.send("${datagrams}", 9000, "${internet}"); wait(); });`;

/** Hands datagrams of two classes on between c1 and y, each after a while. */
const relay = (port: number): string =>
  `const { createSocket } = require("node:dgram");
  for (const k of [0, 1]) { const a = createSocket("udp4"), b = createSocket("udp4"); let from;
    a.on("message", (m, r) => { from = r; setTimeout(() => b.send(m, ${port} + k, "${addressOf("y")}"), ${injectedDelay}); });
    b.on("message", (m) => { const to = from; if (to) setTimeout(() => a.send(m, to.port, to.address), ${injectedDelay}); });
    a.bind(${relayPort} + k, "${gatewayOf("c1")}"); b.bind(0, "${gatewayOf("y")}"); }`;

const keysOf = (path: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* Keys;
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );
