import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controlPath } from "#agent/agent/control-socket.ts";
import { daemonWords, routerEnvironment, routerFlags } from "#agent/packaging/launch.ts";
import { bundleRouter } from "#agent/packaging/router-bundle.ts";
import { labObstacle } from "../../lab/lab.ts";
import { measured } from "../measured-process.ts";
import { removal } from "../removal.ts";
import { type Flash, flashOf } from "./flash.ts";
import { type LeastMemory, leastMemory } from "./least-memory.ts";
import { tickSeconds } from "./load-plan.ts";
import { agentNode, launch, type Memory, measuredAgent, memoryOf } from "./measured-agent.ts";
import { neighbourState } from "./neighbour-state.ts";
import { type QuickJsMemory, quickJsMemory } from "./quick-js-memory.ts";
import { type RouterStage, routerStage } from "./router-stage.ts";
import { settlementRun } from "./settlement-run.ts";

/** What the agent costs a router; memory in kilobytes, each figure beside its goal. */
export interface RouterBench {
  /** The version of the Node that ran the agent. */
  readonly node: string;
  readonly flash: Flash;
  readonly quickJs: QuickJsMemory;
  /** Bytes of heap a neighbour, in both nodes. */
  readonly neighbourState: number;
  /** Bare Node with the same flags, and with none. */
  readonly bareNode: { readonly tuned: Memory; readonly plain: Memory };
  readonly start: Start;
  readonly loaded: Load | string;
  /** Without one flag each, after a short load; the flags themselves first. */
  readonly flags: Readonly<Record<string, Tried>> | string;
  readonly settlement: object | string;
  readonly cgroup: LeastMemory | string;
}

/** Milliseconds, medians, of an agent without neighbours; its peer is `node -e 0`. */
interface Start {
  readonly answers: number;
  /** Processor time until then: what does not depend on how busy others keep the cores. */
  readonly processor: number;
  readonly goal: number;
  readonly bareNode: number;
}

/** Of an agent with neighbours, while traffic of some hours passes. */
interface Load {
  readonly neighbours: number;
  readonly hours: number;
  readonly moved: string;
  readonly alarms: readonly string[];
  readonly resident: Figure;
  readonly anonymous: Figure;
  /** Kilobytes that anonymous memory grew in an hour of traffic, over the second half. */
  readonly slopePerHour: number;
  readonly startWithTunnels: number;
  readonly perNeighbour: { readonly memory: number; readonly flash: number };
}

interface Figure {
  readonly median: number;
  readonly most: number;
  readonly goal: number;
}

interface Flagged extends Memory {
  /** Seconds of processor time for the same load. */
  readonly cpu: number;
}

const neighbours = 20;

/** Milliseconds of a tick, and bytes each way in it: 1 Mbit/s on the average of a day. */
const interval = 200;
const perTick = (tickSeconds * 1_000_000) / 8;

/** Ticks between two looks at the memory. */
const lookTicks = 20;

/** Ticks of the short loads. */
const shortLoad = 40;

const runs = 5;

/**
 * Measures the shipped bundle. `--hours=H` of traffic, 24 unless said: a day takes a quarter of an hour
 * and more; `--parts=load,flags,cgroup,settlement` names what is to be measured; `--node=PATH` is the Node that runs the agent, such as the one that OpenWrt packages.
 */
export async function benchRouter(): Promise<RouterBench> {
  const hours = hoursAsked();
  const home = mkdtempSync(join(tmpdir(), "meshtoll-router-bundle-"));
  const gone = removal(() => rmSync(home, { recursive: true, force: true }));
  try {
    const bundle = join(home, "bundle");
    await bundleRouter(bundle);
    const alone = {
      node: spawnSync(agentNode, ["--version"], { encoding: "utf8" }).stdout.trim(),
      flash: await flashOf(bundle, home),
      quickJs: await quickJsMemory(),
      neighbourState: await neighbourState(),
      bareNode: { tuned: await bareNode(routerFlags), plain: await bareNode([]) },
      start: await startOf(bundle, home),
    };
    const obstacle = labObstacle();
    if (obstacle !== undefined) {
      const words = `SKIPPED: ${obstacle}`;
      console.error(words);
      return { ...alone, loaded: words, flags: words, settlement: words, cgroup: words };
    }
    const stage = await routerStage(neighbours, interval, perTick);
    try {
      return {
        ...alone,
        loaded: await part("load", async () =>
          loaded(stage, bundle, hours, await idle(bundle, home)),
        ),
        flags: await part("flags", () => flagged(stage, bundle)),
        cgroup: await part("cgroup", () => leastMemory(stage, bundle)),
        settlement: await part("settlement", () => settlementRun(stage, bundle)),
      };
    } finally {
      await stage.close();
    }
  } finally {
    await gone();
  }
}

/** A part, unless `--parts=load,cgroup` and the like leave it out. */
function part<A>(name: string, measure: () => Promise<A>): Promise<A | string> {
  const word = process.argv.find((one) => one.startsWith("--parts="));
  const wanted = word === undefined || word.slice("--parts=".length).split(",").includes(name);
  return wanted ? measure() : Promise.resolve("not asked for");
}

/** `--hours=6` on the command line. */
function hoursAsked(): number {
  const word = process.argv.find((one) => one.startsWith("--hours="));
  const hours = Number(word?.slice("--hours=".length) ?? "24");
  if (!(hours > 0 && hours <= 240)) throw new Error("--hours=H: a number above 0, at most 240");
  return hours;
}

async function loaded(
  stage: RouterStage,
  bundle: string,
  hours: number,
  without: Memory,
): Promise<Load> {
  const words = daemonWords(stage.config, bundle);
  const agent = await measuredAgent(words, stage.control, { namespace: stage.namespace });
  const looks: Memory[] = [];
  const alarms: string[] = [];
  let moved = 0n;
  const wanted = Math.ceil((hours * 3600) / tickSeconds / lookTicks);
  for (let look = 0; look < wanted; look++) {
    const part = await stage.load(lookTicks);
    moved += BigInt(part.moved);
    alarms.push(...part.alarms);
    looks.push(agent.memory());
    if (look % 6 === 0) told(`${(look * lookTicks * tickSeconds) / 3600} h`, looks.at(-1));
  }
  const flash = bytesIn(stage.journal);
  await agent.kill();
  const anonymous = figure(
    looks.map((one) => one.anonymous),
    18_000,
  );
  return {
    neighbours,
    hours,
    moved: `${moved}`,
    alarms: [...new Set(alarms)],
    resident: figure(
      looks.map((one) => one.resident),
      60_000,
    ),
    anonymous,
    slopePerHour: slope(looks.slice(looks.length >> 1)) * (3600 / tickSeconds / lookTicks),
    startWithTunnels: Math.round(agent.answered),
    perNeighbour: {
      memory: Math.round((anonymous.median - without.anonymous) / neighbours),
      flash: Math.round(flash / neighbours),
    },
  };
}

/** What a short load found, or that the agent did not live through it. */
type Tried = Flagged | "ended";

/** Every flag is worth its place, or it goes: the same short load with all of them, and without each. */
async function flagged(stage: RouterStage, bundle: string) {
  const found: Record<string, Tried> = {};
  const heap = (megabytes: number) =>
    routerFlags.map((one) => one.replace(/^(--max-old-space-size)=.*/, `$1=${megabytes}`));
  const ways: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] =
    [
      ["all", routerFlags, routerEnvironment],
      ["heap of 16", heap(16), routerEnvironment],
      ["heap of 32", heap(32), routerEnvironment],
      ...routerFlags.map(
        (one) =>
          [`without ${one}`, routerFlags.filter((it) => it !== one), routerEnvironment] as const,
      ),
      ["without environment", routerFlags, {}],
      ["none", [], {}],
    ];
  for (const [name, flags, environment] of ways) {
    const words = [...flags, ...daemonWords(stage.config, bundle).slice(routerFlags.length)];
    found[name] = await tried(stage, words, environment).catch(() => "ended");
    told(name, found[name]);
  }
  return found;
}

async function tried(
  stage: RouterStage,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Tried> {
  const { namespace, control } = stage;
  const agent = await measuredAgent(words, control, { namespace, environment });
  try {
    const before = agent.cpu();
    await stage.load(shortLoad);
    return { ...agent.memory(), cpu: Math.round((agent.cpu() - before) * 100) / 100 };
  } finally {
    await agent.kill();
  }
}

/** Progress goes where it disturbs no JSON. */
function told(name: string, found: unknown): void {
  console.error(`  ${name}: ${JSON.stringify(found)}`);
}

/** An agent without neighbours, a moment after its start. */
async function idle(bundle: string, home: string): Promise<Memory> {
  const { config, control } = lonely(home);
  const agent = await measuredAgent(daemonWords(config, bundle), control);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const memory = agent.memory();
  await agent.kill();
  return memory;
}

async function startOf(bundle: string, home: string): Promise<Start> {
  const { config, control } = lonely(home);
  const times: number[] = [];
  const processor: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < runs; run++) {
    rmSync(control, { force: true });
    const agent = await measuredAgent(daemonWords(config, bundle), control);
    times.push(agent.answered);
    processor.push(agent.cpu() * 1000);
    await agent.kill();
    const node = await measured([agentNode, ...routerFlags, "-e", "0"]);
    bare.push(node.milliseconds);
  }
  return {
    answers: middle(times),
    processor: middle(processor),
    goal: 150,
    bareNode: middle(bare),
  };
}

async function bareNode(flags: readonly string[]): Promise<Memory> {
  const child = launch([...flags, "-e", "setInterval(() => {}, 1e6)"]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const memory = memoryOf(child.pid ?? 0);
  child.kill("SIGKILL");
  return memory;
}

function lonely(home: string): { readonly config: string; readonly control: string } {
  const config = join(home, "alone.json");
  const journal = join(home, "alone", "journal");
  const text = JSON.stringify({ journal, keys: join(home, "alone", "keys"), history: "off" });
  writeFileSync(config, text, { mode: 0o600 });
  return { config, control: controlPath(journal) };
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce(
    (all, name) => all + statSync(join(directory, name)).size,
    0,
  );
}

function figure(values: readonly number[], goal: number): Figure {
  return { median: middle(values), most: Math.max(...values), goal };
}

function middle(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
}

/** Kilobytes of anonymous memory from one look to the next, by least squares. */
function slope(looks: readonly Memory[]): number {
  const meanX = (looks.length - 1) / 2;
  const meanY = looks.reduce((all, one) => all + one.anonymous, 0) / looks.length;
  let above = 0;
  let below = 0;
  looks.forEach(({ anonymous }, x) => {
    above += (x - meanX) * (anonymous - meanY);
    below += (x - meanX) ** 2;
  });
  return below === 0 ? 0 : above / below;
}
