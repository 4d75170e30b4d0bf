import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as Effect from "effect/Effect";
import { run as runTool } from "#adapters/command/command.ts";
import { type CounterReading, Counters } from "#adapters/counters/counters.ts";
import { wireguardCounters } from "#adapters/counters/wireguard-counters.ts";
import { uapiPath, uapiRequest } from "#adapters/wireguard/uapi-socket.ts";
import { labObstacle } from "../lab/lab.ts";
import { removal } from "./removal.ts";

/** What one metering cycle of fifty peers costs, by the agent's way and by spawned tools. */
export interface MeteringCycle {
  /** Why nothing was measured. */
  readonly skipped?: string;
  readonly peers: number;
  /** Medians of so many runs. */
  readonly runs: number;
  /** Of this process and its children: reading all counters as the agent does. */
  readonly cpuMillisecondsByAgent: number;
  /** Of `wg show IF dump`, `nft list ruleset` and `tc -s class show`. */
  readonly cpuMillisecondsBySpawning: number;
  /** Of `wg show IF dump` alone, which tells what the agent's way tells. */
  readonly cpuMillisecondsByWg: number;
  /** What wireguard-go spends on one answer, on top of the agent's way. */
  readonly cpuMillisecondsOfWireguard: number;
  readonly ratio: number;
  readonly ratioToWg: number;
  readonly targetMilliseconds: number;
  readonly targetRatio: number;
}

/** What a caller may want otherwise. */
export interface MeteringOptions {
  readonly peers?: number;
  readonly runs?: number;
  /**
   * What else a cycle does with its readings, measured with it: an exported function
   * {@link PerCycle} of a module, by the module's URL. It is called in the process inside the
   * namespace, so it cannot be handed over as a function.
   */
  readonly perCycle?: { readonly module: string; readonly name: string };
}

/** What a caller adds to every cycle. */
export type PerCycle = (readings: readonly CounterReading[]) => unknown;

const defaultPeers = 50;
const defaultRuns = 7;

/** Cycles of one run, and before the first, until the engine has warmed up. */
const cycles = { agent: 200, spawned: 10, warmUp: 300 } as const;

const targetMilliseconds = 1;
const targetRatio = 20;

/** The bench with its defaults. */
export const meteringCycle = (): Promise<MeteringCycle> => run({});

/**
 * Makes a namespace with one real wireguard-go interface, as many HTB classes and nft counters as
 * peers, and measures inside it. Nothing is left behind. Skipped without root or tools.
 */
export async function run(options: MeteringOptions): Promise<MeteringCycle> {
  const { peers = defaultPeers, runs = defaultRuns, perCycle } = options;
  const obstacle = labObstacle();
  if (obstacle !== undefined) return { skipped: obstacle, ...nothing, peers };
  const tag = process.pid.toString(36);
  const [namespace, name] = [`mtb-${tag}`, `mb${tag}`];
  const ip = (...words: readonly string[]) => execFileSync("ip", words, { stdio: "pipe" });
  let daemon: ChildProcess | undefined;
  const gone = removal(async () => {
    await end(daemon);
    ip("netns", "delete", namespace);
  });
  ip("netns", "add", namespace);
  try {
    daemon = spawn("ip", ["netns", "exec", namespace, "wireguard-go", "-f", name], {
      stdio: "ignore",
      env: { ...process.env, LOG_LEVEL: "silent" },
    });
    await configure(name, peers);
    fillQueuesAndRules(namespace, name, peers);
    const request: Inside = { name, runs, daemon: daemon.pid ?? 0, perCycle };
    const words = ["netns", "exec", namespace, process.execPath, fileURLToPath(import.meta.url)];
    const text = execFileSync("ip", [...words, inside, JSON.stringify(request)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return { ...(JSON.parse(text) as MeteringCycle), peers };
  } finally {
    await gone();
  }
}

const nothing = {
  runs: 0,
  cpuMillisecondsByAgent: 0,
  cpuMillisecondsBySpawning: 0,
  cpuMillisecondsByWg: 0,
  cpuMillisecondsOfWireguard: 0,
  ratio: 0,
  ratioToWg: 0,
  targetMilliseconds,
  targetRatio,
} as const;

async function configure(name: string, peers: number): Promise<void> {
  const key = (which: "d" | "x") => {
    const jwk = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
    return Buffer.from(jwk[which] ?? "", "base64url").toString("hex");
  };
  const lines = Array.from({ length: peers }, (_, i) => [
    `public_key=${key("x")}`,
    `endpoint=127.0.0.1:${20_000 + i}`,
    `allowed_ip=10.78.${i >> 8}.${i & 255}/32`,
    `allowed_ip=fd78::${i.toString(16)}/128`,
  ]).flat();
  const text = ["set=1", `private_key=${key("d")}`, ...lines].join("\n");
  for (let look = 1; ; look++) {
    const outcome = await Effect.runPromise(Effect.result(uapiRequest(name, text)));
    if (outcome._tag === "Success") return;
    if (look === 200) throw new Error(`${uapiPath(name)}: ${outcome.failure.words}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** What the spawned tools have to print: a counter and a class for each peer. */
function fillQueuesAndRules(namespace: string, name: string, peers: number): void {
  const all = Array.from({ length: peers }, (_, i) => i);
  const classes = [
    `qdisc add dev ${name} root handle 1: htb`,
    ...all.map(
      (i) => `class add dev ${name} parent 1: classid 1:${(i + 16).toString(16)} htb rate 1mbit`,
    ),
  ];
  const rules = [
    "table inet bench {",
    ...all.map((i) => `counter c${i} { }`),
    "chain forward { type filter hook forward priority 0;",
    ...all.map((i) => `ip saddr 10.78.${i >> 8}.${i & 255} counter name c${i}`),
    "}",
    "}",
  ];
  const inNamespace = (words: readonly string[], lines: readonly string[]) =>
    execFileSync("ip", ["netns", "exec", namespace, ...words], { input: `${lines.join("\n")}\n` });
  inNamespace(["tc", "-batch", "-"], classes);
  inNamespace(["nft", "-f", "-"], rules);
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

/** The argument that says that this process is the one inside the namespace. */
const inside = "--inside";

/** What the process inside has to know. */
interface Inside {
  readonly name: string;
  readonly runs: number;
  readonly daemon: number;
  readonly perCycle: MeteringOptions["perCycle"];
}

const measure = Effect.fnUntraced(function* ({ name, runs, daemon, perCycle }: Inside) {
  const counters = yield* Counters;
  const module = perCycle && ((yield* Effect.promise(() => import(perCycle.module))) as object);
  const more = module && (Reflect.get(module, perCycle?.name ?? "") as PerCycle);
  const byAgent = Effect.flatMap(counters.read([name]), (readings) =>
    Effect.promise(async () => more?.(readings)),
  );
  const wg = runTool("wg", ["show", name, "dump"]);
  const tools = [
    wg,
    runTool("nft", ["list", "ruleset"]),
    runTool("tc", ["-s", "class", "show", "dev", name]),
  ];
  const bySpawning = Effect.forEach(tools, (tool) => tool);
  yield* Effect.repeat(byAgent, { times: cycles.warmUp });
  const found = { agent: [0], wg: [0], spawning: [0], daemon: [0] };
  for (let round = 0; round < runs; round++) {
    const before = ticksOf(daemon, "own");
    found.agent.push(yield* costOf(byAgent, cycles.agent));
    found.daemon.push(((ticksOf(daemon, "own") - before) * tickMilliseconds) / cycles.agent);
    found.wg.push(yield* costOf(wg, cycles.spawned));
    found.spawning.push(yield* costOf(bySpawning, cycles.spawned));
  }
  const [agent, onlyWg, spawning] = [median(found.agent), median(found.wg), median(found.spawning)];
  return {
    ...nothing,
    runs,
    cpuMillisecondsByAgent: rounded(agent),
    cpuMillisecondsBySpawning: rounded(spawning),
    cpuMillisecondsByWg: rounded(onlyWg),
    cpuMillisecondsOfWireguard: rounded(median(found.daemon)),
    ratio: rounded(spawning / agent),
    ratioToWg: rounded(onlyWg / agent),
  };
});

/** Milliseconds of CPU for one of so many cycles: of this process, and of the children it ended. */
const costOf = Effect.fnUntraced(function* <E>(cycle: Effect.Effect<unknown, E>, times: number) {
  const children = ticksOf("self", "children");
  const own = process.cpuUsage();
  for (let i = 0; i < times; i++) yield* cycle;
  const { user, system } = process.cpuUsage(own);
  const ended = (ticksOf("self", "children") - children) * tickMilliseconds;
  return ((user + system) / 1000 + ended) / times;
});

/** USER_HZ is 100 on every Linux: proc(5) counts in it. */
const tickMilliseconds = 10;

/** CPU of a process, or of the children it has waited for, in ticks (proc(5), fields 14 to 17). */
function ticksOf(pid: number | "self", whose: "own" | "children"): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const first = whose === "own" ? 11 : 13;
  return Number(fields[first]) + Number(fields[first + 1]);
}

/** Without the zero that each list begins with. */
function median([, ...values]: readonly number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const isMain = import.meta.url === pathToFileURL(process.argv[1] ?? "").href;
if (isMain && process.argv[2] === inside) {
  const request = JSON.parse(process.argv[3] ?? "") as Inside;
  const found = await Effect.runPromise(
    measure(request).pipe(Effect.provide(wireguardCounters), Effect.scoped),
  );
  console.log(JSON.stringify(found));
} else if (isMain) {
  console.log(await meteringCycle());
}
