import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import {
  askAgent,
  type ControlError,
  controlPath,
  type Request,
} from "#agent/agent/control-socket.ts";
import type { Bid } from "#core/queue/bids.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";
import { interfacesOf, type Status } from "./agent-pair.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** Three clients of one router, r, which is the exit of each. */
export type Bidder = "a" | "c" | "d";
type Place = Bidder | "r";

export const bidders = ["a", "c", "d"] as const;
const places: readonly Place[] = ["r", ...bidders];

/** What each link of the router carries, bits a second, and a tenth of it for each pair. */
export const linkRate = 2_000_000;

/** Grains a byte: what the router asks for sending, and for what it delivers. */
export const asked = { price: 4_000_000n, tariff: 5_000_000n } as const;

/** The router, its clients and what goes on between them. Gone after {@link BidStage.close}. */
export interface BidStage {
  readonly start: (bids: Readonly<Record<Bidder, Bid>>) => Promise<void>;
  readonly ask: (place: Place, ...request: Request) => Promise<unknown>;
  readonly status: (place: Place) => Promise<Status>;
  /** Some clients send to another one, each so many datagrams of 1200 bytes at so many bytes a second. */
  readonly send: (
    from: readonly Bidder[],
    to: Bidder,
    datagrams: number,
    rate: number,
  ) => Promise<void>;
  /** What tc shows of the router's classes on a tunnel to a client: the paid one, or the free one. */
  readonly classes: (to: Bidder, priceClass?: 0 | 1) => string;
  readonly log: (place: Place) => string;
  readonly close: () => Promise<void>;
}

const ip = (...words: readonly string[]): string => execFileSync("ip", words, { encoding: "utf8" });

const netOf = (one: Bidder): string => `172.28.${bidders.indexOf(one) + 1}`;
const homeOf = (one: Bidder): string => `10.95.${bidders.indexOf(one) + 1}.1`;
const portOf = (one: Bidder): number => 52_820 + 10 * bidders.indexOf(one);

/** Makes namespaces, cables and keys; starts no agent yet. */
export async function bidStage(): Promise<BidStage> {
  const tag = process.pid.toString(36).slice(-4);
  const directory = mkdtempSync(join(tmpdir(), "meshtoll-bids-"));
  const namespace = (place: Place) => `of${place}-${tag}`;
  const prefix = (place: Place) => `${"fghi"[places.indexOf(place)]}${tag}`;
  const journal = (place: Place) => join(directory, place, "journal");
  const children: ChildProcess[] = [];
  cables(namespace);
  const keys = {} as AllKeys;
  for (const place of places) {
    mkdirSync(join(directory, place), { mode: 0o700 });
    keys[place] = await keysOf(join(directory, place, "keys"));
  }
  // On a busy machine an answer may take longer than a person would wait.
  const patient = (error: ControlError) => error.problem === "too slow";
  const ask = (place: Place, ...request: Request): Promise<unknown> =>
    Effect.runPromise(
      Effect.retry(askAgent(controlPath(journal(place)), request), { times: 20, while: patient }),
    );
  const log = (place: Place) => readFileSync(join(directory, `${place}.log`), "utf8");
  const begin = async (place: Place, bids: Readonly<Record<Bidder, Bid>>) => {
    const config = join(directory, `${place}.json`);
    const belongings = { journal: journal(place), keys: join(directory, place, "keys") };
    const own = { ...belongings, interface_prefix: prefix(place) };
    writeFileSync(config, JSON.stringify(configOf(place, own, keys, bids)), { mode: 0o600 });
    const out = openSync(join(directory, `${place}.log`), "a", 0o600);
    const command = [process.execPath, main, "run", "--config", config];
    const words = ["netns", "exec", namespace(place), ...command];
    const child = spawn("ip", words, { stdio: ["ignore", out, out] });
    children.push(child);
    while (!(await ask(place, "peers").then(Boolean, () => false))) {
      if (child.exitCode !== null) throw new Error(log(place));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const sendOne = async (from: Bidder, to: Bidder, datagrams: number, rate: number) => {
    const text = sender(homeOf(from), homeOf(to), datagrams, rate);
    const words = ["netns", "exec", namespace(from), process.execPath, "-e", text];
    const child = spawn("ip", words, { stdio: "inherit" });
    await new Promise((resolve) => child.once("exit", resolve));
  };

  return {
    ask,
    log,
    status: async (place) => (await ask(place, "status")) as Status,
    start: async (bids) => {
      await Promise.all(places.map((place) => begin(place, bids)));
    },
    send: async (from, to, datagrams, rate) => {
      await Promise.all(from.map((one) => sendOne(one, to, datagrams, rate)));
    },
    classes: (to, priceClass = 1) => {
      const tc = ["tc", "-s", "class", "show", "dev", `${prefix("r")}${to}${priceClass}`];
      return ip("netns", "exec", namespace("r"), ...tc);
    },
    close: async () => {
      for (const child of children) {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) {
          await new Promise((resolve) => child.once("exit", resolve));
        }
      }
      for (const place of places) {
        for (const link of interfacesOf(namespace(place), prefix(place))) {
          ip("-n", namespace(place), "link", "delete", "dev", link);
        }
        ip("netns", "delete", namespace(place));
      }
      await sweepLabSockets(...places.map(prefix));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A cable from each client to the router, which forwards; and an address behind each client. */
function cables(namespace: (place: Place) => string): void {
  for (const place of places) {
    ip("netns", "add", namespace(place));
    ip("-n", namespace(place), "link", "set", "lo", "up");
  }
  ip("netns", "exec", namespace("r"), "sysctl", "-qw", "net.ipv4.ip_forward=1");
  for (const one of bidders) {
    const far = ["peer", "name", "cable", "netns", namespace(one)];
    ip("link", "add", `to-${one}`, "netns", namespace("r"), "type", "veth", ...far);
    ip("-n", namespace("r"), "address", "add", `${netOf(one)}.1/24`, "dev", `to-${one}`);
    ip("-n", namespace(one), "address", "add", `${netOf(one)}.2/24`, "dev", "cable");
    ip("-n", namespace("r"), "link", "set", `to-${one}`, "up");
    ip("-n", namespace(one), "link", "set", "cable", "up");
    ip("-n", namespace(one), "address", "add", `${homeOf(one)}/32`, "dev", "lo");
  }
}

type AllKeys = Record<Place, Pick<Keys["Service"], "nodeId" | "tunnelPublicKey">>;

/** The configuration that a person would write for a place: only the clients name a bid. */
function configOf(
  place: Place,
  own: Readonly<Record<string, string>>,
  keys: Readonly<AllKeys>,
  bids: Readonly<Record<Bidder, Bid>>,
): object {
  const others: readonly Place[] = place === "r" ? bidders : ["r"];
  return {
    ...own,
    pay_threshold: "200000000000",
    credit_limit: "3000000000000",
    reservation: "2MB",
    read_chunk: "100kB",
    price_cap: "0.01/GB",
    round_trip: "100kB",
    poke_interval: "100",
    link_rate: `${linkRate}bit`,
    free_rate: "200kbit",
    bid_floor: "60%",
    // Everybody may call everybody here: what is forwarded was asked for by nobody.
    junk_share: "100%",
    // And whoever is called pays for it, as for a server of its own.
    ...(place === "r" ? {} : { served: `${homeOf(place)}/32` }),
    neighbours: others.map((other) => ({
      name: other,
      id: keys[other].nodeId,
      tunnel_key: keys[other].tunnelPublicKey,
      listen_port: `${portOf(other === "r" ? (place as Bidder) : (other as Bidder))}`,
      deposit_in: "1 USDC",
      deposit_out: "1 USDC",
      price: `${asked.price}`,
      ...(other === "r" ? ofClient(place as Bidder, bids) : ofRouter()),
    })),
    routes: others.flatMap((other) =>
      other === "r"
        ? [{ prefix: "10.95.0.0/16", via: "r" }]
        : [{ prefix: `${homeOf(other as Bidder)}/32`, via: other }],
    ),
  };
}

function ofClient(one: Bidder, bids: Readonly<Record<Bidder, Bid>>) {
  return {
    delivery: "client",
    endpoint: `${netOf(one)}.1:${portOf(one)}`,
    our_send_bid: `${bids[one].send}`,
    our_receive_bid: `${bids[one].receive}`,
  };
}

function ofRouter() {
  return { delivery: "exit", tariff: `${asked.tariff}` };
}

/** Sends datagrams at a rate, as well as timers of ten milliseconds can. */
const sender = (from: string, to: string, datagrams: number, rate: number): string =>
  `const s = require("node:dgram").createSocket("udp4"); const t0 = Date.now(); let n = 0;
  s.bind(0, "${from}", () => { const timer = setInterval(() => {
    const due = Math.min(${datagrams}, (Date.now() - t0) / 1000 * ${rate} / 1200);
    for (; n < due; n++) s.send(Buffer.alloc(1172), 9, "${to}");
    if (n >= ${datagrams}) { clearInterval(timer); setTimeout(() => s.close(), 300); } }, 10); });`;

const keysOf = (path: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* Keys;
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );
