import type { ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath, type Request } from "#agent/agent/control-socket.ts";
import { logOf, spawnAgent, spawnTraffic } from "#agent/demo/agent-process.ts";
import { homeOf, namespaceName, removeBelongings, tunnelName } from "#agent/demo/belongings.ts";
import { type Claim, claimTag } from "#agent/demo/claim.ts";
import type { RouterKeys } from "#agent/demo/demo-config.ts";
import { configPath, journalOf } from "#agent/demo/line-network.ts";
import { cable, inside, makeNamespace, tool } from "#agent/demo/namespace.ts";
import type { QualityAnswer } from "#agent/routing/quality-facts.ts";
import type { RouteFacts, RoutesAnswer } from "#agent/routing/route-facts.ts";

const program = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

/** a buys; b and c sell the way to d; a and d have an account with each other, through b or c. */
export type Router = "a" | "b" | "c" | "d";
const routers = ["a", "b", "c", "d"] as const;

/** Who sells the way from a to d. */
export type NextHop = "b" | "c";

/** Everything that a network namespace stands for: the routers, what is behind d, and behind a. */
const namespaces = [...routers, "i", "p"] as const;

const cables: readonly (readonly [Router, Router])[] = [
  ["a", "b"],
  ["a", "c"],
  ["b", "d"],
  ["c", "d"],
];

/** The networks in which the tunnel between a and d ends, and where its ends are. */
const farNetworks = { a: "10.99.1.0/24", d: "10.99.9.0/24" } as const;
const farEnds = { a: "10.99.1.1", d: "10.99.9.1" } as const;

/** What a sends to, by its tunnel to d. */
const target = "10.98.0.2";

/** The network behind d that a chooses a way to: the end of its tunnel lies in it. */
export const farNetwork = farNetworks.d;

/** What b and c add to what d asks. */
const fees = { b: "0.01/GB", c: "0.012/GB" } as const;

/** Where packets that are forwarded are dropped: behind the counters of the link to a, before that to d. */
const lossTable = "inet quality_loss";

/** Four agents, two of them with an account through the others. Gone after {@link RankedWays.close}. */
export interface RankedWays {
  readonly route: (name?: Router) => Promise<RouteFacts | undefined>;
  readonly routes: (name: Router) => Promise<RoutesAnswer>;
  readonly quality: (name: Router) => Promise<QualityAnswer>;
  readonly ask: (name: Router, ...request: Request) => Promise<unknown>;
  readonly run: (name: Router, ...words: readonly string[]) => Promise<string>;
  readonly startTraffic: (bytesPerSecond: number) => void;
  /** b or c drops one in so many packets that it forwards between a and d, both ways. */
  readonly forwardOneLessOf: (hop: NextHop, count: number) => Promise<void>;
  /** It forwards everything again. */
  readonly forwardAll: (hop: NextHop) => Promise<void>;
  /** What it forwarded on the way from a to d since then, and dropped of that. */
  readonly dropped: (hop: NextHop) => Promise<Dropped>;
  /** Bytes that a's tunnel of a class sent to a neighbour, by WireGuard's own counter. */
  readonly sent: (from: Router, to: Router, priceClass: number) => Promise<bigint>;
  readonly received: (at: Router, from: Router, priceClass: number) => Promise<bigint>;
  readonly namespace: (name: Router) => string;
  readonly log: (name: Router) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** What nft counted, in bytes. */
export interface Dropped {
  readonly bytes: bigint;
  readonly droppedBytes: bigint;
}

/** Builds it and starts the agents; where it cannot be built nothing of it is left. */
export async function rankedWays(curtain: AbortSignal): Promise<RankedWays> {
  const claim = await claimTag();
  const { tag } = claim;
  const children: ChildProcess[] = [];
  try {
    await plug(tag);
    await configure(tag);
    const begun = routers.map((name) => spawnAgent(tag, name, curtain, program));
    for (const one of begun) children.push(await one);
    for (const name of ["a", "d"] as const) await startBabeld(tag, name);
  } catch (error) {
    await close(claim, children);
    throw error;
  }
  const run = (name: Router, ...words: readonly string[]) =>
    inside(namespaceName(tag, name), words);
  const ask = (name: Router, ...request: Request): Promise<unknown> =>
    Effect.runPromise(askAgent(controlPath(journalOf(tag, name)), request));
  const counter = async (at: Router, other: Router, priceClass: number, column: number) => {
    const text = await run(at, "wg", "show", tunnelName(tag, at, other, priceClass), "transfer");
    return BigInt(text.trim().split("\t")[column] ?? "0");
  };
  return {
    run,
    ask,
    close: () => close(claim, children),
    namespace: (name) => namespaceName(tag, name),
    log: (name) => logOf(tag, name),
    route: async (name = "a") => {
      const prefix = name === "a" ? farNetworks.d : farNetworks.a;
      return ((await ask(name, "routes", prefix)) as RoutesAnswer).routes[0];
    },
    routes: async (name) => (await ask(name, "routes")) as RoutesAnswer,
    quality: async (name) => (await ask(name, "quality")) as QualityAnswer,
    startTraffic: (bytesPerSecond) => {
      children.push(spawnTraffic(tag, "i", ["answer", "9000"], program));
      const words = ["send", target, "9000", `${bytesPerSecond}`];
      children.push(spawnTraffic(tag, "a", words, program));
    },
    forwardOneLessOf: async (hop, count) => {
      await inside(namespaceName(tag, hop), ["nft", "-f", "-"], lossRules(tag, hop, count));
    },
    forwardAll: async (hop) => {
      await run(hop, "nft", "delete", "table", ...lossTable.split(" "));
    },
    dropped: async (hop) => droppedIn(await run(hop, "nft", "-j", "list", "counters")),
    sent: (from, to, priceClass) => counter(from, to, priceClass, 2),
    received: (at, from, priceClass) => counter(at, from, priceClass, 1),
  };
}

async function close(claim: Claim, children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) child.kill("SIGKILL");
  await removeBelongings(claim.tag);
  claim.release();
}

/** Both ways between the neighbours a and d, behind what tunnels count and before what they send. */
function lossRules(tag: string, hop: NextHop, count: number): string {
  const [a, d] = ["a", "d"].map((other) =>
    [0, 1].map((one) => `"${tunnelName(tag, hop, other, one)}"`).join(", "),
  );
  const onward = `iifname { ${a} } oifname { ${d} }`;
  return `table ${lossTable} {
    counter passed {}
    counter lost {}
    chain forward { type filter hook forward priority 10;
      ${onward} counter name passed
      ${onward} numgen random mod ${count} == 0 counter name lost drop
      iifname { ${d} } oifname { ${a} } numgen random mod ${count} == 0 drop
    }
  }\n`;
}

interface ListedCounter {
  readonly counter?: { readonly name: string; readonly table: string; readonly bytes: number };
}

function droppedIn(json: string): Dropped {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly ListedCounter[] };
  const bytes = (name: string): bigint => {
    const found = nftables.find(
      ({ counter }) => counter?.name === name && counter.table === "quality_loss",
    );
    return BigInt(found?.counter?.bytes ?? 0);
  };
  return { bytes: bytes("passed"), droppedBytes: bytes("lost") };
}

/** Namespaces and cables. Both ends of the tunnel between a and d lie in networks behind them. */
async function plug(tag: string): Promise<void> {
  const namespace = (place: (typeof namespaces)[number]) => namespaceName(tag, place);
  for (const place of namespaces) await makeNamespace(namespace(place));
  for (const [one, other] of cables) {
    const end = (from: Router, to: Router) => ({
      namespace: namespace(from),
      device: `to-${to}`,
      address: `${cableAddress(from, to)}/24`,
    });
    await cable(end(one, other), end(other, one));
  }
  for (const [name, place, network] of [
    ["a", "p", "10.99.1"],
    ["d", "i", "10.99.9"],
  ] as const) {
    // The address that packets of this machine come from is the one on lo: tunnels have none of their own.
    await tool("ip", ["-n", namespace(name), "address", "add", `${network}.1/32`, "dev", "lo"]);
    await cable(
      { namespace: namespace(name), device: `to-${place}`, address: `${network}.3/24` },
      { namespace: namespace(place), device: `to-${name}`, address: `${network}.2/24` },
    );
  }
  const internet = namespace("i");
  await tool("ip", ["-n", internet, "address", "add", `${target}/24`, "dev", "to-d"]);
  await tool("ip", ["-n", namespace("d"), "address", "add", "10.98.0.1/24", "dev", "to-i"]);
  for (const name of ["a", "d"] as const) await followRoutes(tag, name);
}

/**
 * WireGuard's datagrams between a and d are routed one by one, as the kernel's WireGuard does. That of user
 * space, which is all there is here, sends by the interface on which it was called last; a mark makes
 * the kernel look again.
 */
async function followRoutes(tag: string, name: "a" | "d"): Promise<void> {
  const port = listenPort(name, name === "a" ? "d" : "a");
  const rules = `table ip quality_routes {
    chain out { type route hook output priority -200;
      udp sport { ${port}, ${port + 1} } meta mark set 1
    }
  }\n`;
  await inside(namespaceName(tag, name), ["nft", "-f", "-"], rules);
}

function cableAddress(from: Router, to: Router): string {
  const number = cables.findIndex((ends) => ends.includes(from) && ends.includes(to));
  return `172.31.${number + 1}.${cables[number]?.[0] === from ? 1 : 2}`;
}

/** Where a router listens for another: a port for each class. */
function listenPort(self: Router, towards: Router): number {
  return 51_000 + 100 * routers.indexOf(towards) + 10 * routers.indexOf(self);
}

async function configure(tag: string): Promise<void> {
  await mkdir(homeOf(tag), { mode: 0o700 });
  const keys = {} as Record<Router, RouterKeys>;
  for (const name of routers) {
    await mkdir(join(homeOf(tag), name), { mode: 0o700 });
    keys[name] = await keysIn(join(homeOf(tag), name, "keys"));
  }
  for (const name of routers) {
    await writeFile(configPath(tag, name), configOf(tag, name, keys), { mode: 0o600 });
  }
}

const keysIn = (path: string): Promise<RouterKeys> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const { nodeId, tunnelPublicKey } = yield* Keys;
      return { nodeId, tunnelKey: tunnelPublicKey };
    }).pipe(Effect.provide(fileKeys(path)), Effect.scoped),
  );

/** The file that a person would write for one of the four. */
function configOf(tag: string, self: Router, keys: Readonly<Record<Router, RouterKeys>>): string {
  const neighbour = (name: Router, rest: Readonly<Record<string, string>>) => ({
    name,
    id: keys[name].nodeId,
    tunnel_key: keys[name].tunnelKey,
    endpoint: `${endOf(name, self)}:${listenPort(name, self)}`,
    listen_port: `${listenPort(self, name)}`,
    max_price: "0.20/GB",
    deposit_in: "1 USDC",
    deposit_out: "1 USDC",
    ...rest,
  });
  const back = { price: "0.02/GB" };
  const own = { price: "0.05/GB" };
  const neighbours: Readonly<Record<Router, readonly object[]>> = {
    a: [neighbour("b", back), neighbour("c", back), neighbour("d", back)],
    b: [neighbour("a", { resells_via: "d", fee: fees.b }), neighbour("d", back)],
    c: [neighbour("a", { resells_via: "d", fee: fees.c }), neighbour("d", back)],
    d: [neighbour("b", own), neighbour("c", own), neighbour("a", back)],
  };
  const isEnd = self === "a" || self === "d";
  return JSON.stringify({
    journal: journalOf(tag, self),
    keys: join(homeOf(tag), self, "keys"),
    interface_prefix: `${self}${tag}`,
    ...(isEnd ? systemBabel(tag, self) : { babel: "own" }),
    pay_threshold: "0.00004 USDC",
    credit_limit: "0.0006 USDC",
    reservation: "2MB",
    read_chunk: "500kB",
    price_cap: "0.20/GB",
    round_trip: "1MB",
    link_rate: "20Mbit",
    poke_interval: "200",
    // A busy machine makes delays of its own: here ways are chosen by price and loss.
    weight_delay: "0",
    // It also loses a per cent now and then, on whichever way: that alone changes no way here.
    switch_margin: "400",
    neighbours: neighbours[self],
    routes: self === "a" ? [{ prefix: `${target}/32`, via: "d", class: "1" }] : [],
  });
}

function endOf(name: Router, seenFrom: Router): string {
  const far = (name === "a" && seenFrom === "d") || (name === "d" && seenFrom === "a");
  if (!far) return cableAddress(name, seenFrom);
  return name === "a" ? farEnds.a : farEnds.d;
}

/** Where the babeld of a or d is: one that runs beside the agent, on the tunnels to b and c alone. */
function systemBabel(tag: string, name: Router) {
  const file = (end: string): string => join(homeOf(tag), name, `babeld.${end}`);
  return {
    babel: "system",
    babel_socket: file("sock"),
    babel_pid: file("pid"),
    babel_log: file("log"),
  };
}

async function startBabeld(tag: string, name: "a" | "d"): Promise<void> {
  const { babel_socket: socket, babel_pid: pid, babel_log: log } = systemBabel(tag, name);
  const tunnels = (["b", "c"] as const).map((other) => tunnelName(tag, name, other, 0));
  const statements = [
    ...tunnels.map(
      (one) => `interface ${one} type wired rxcost 96 hello-interval 1 update-interval 15`,
    ),
    `redistribute ip ${farNetworks[name]} allow`,
    "redistribute local deny",
    "redistribute deny",
  ];
  const files = ["-S", `${socket}.state`, "-I", pid, "-L", log, "-G", socket];
  const words = ["babeld", "-D", ...files, ...statements.flatMap((one) => ["-C", one]), ...tunnels];
  await inside(namespaceName(tag, name), words);
}
