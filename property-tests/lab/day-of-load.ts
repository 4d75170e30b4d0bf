import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentPair, agentPair, type Name } from "./agent-pair.ts";
import { compiledFlags } from "./compiled-flags.ts";

/** Terms by which each 100 kB is a payment. */
const terms = {
  pay_threshold: "0.000005 USDC",
  credit_limit: "0.0001 USDC",
  reservation: "650kB",
  read_chunk: "50kB",
  round_trip: "100kB",
  link_rate: "4Mbit",
} as const;

/** Looks at the counters in 24 hours, at the default of one a second. */
export const looksOfDay = 86_400;

/** Memory may grow by so many hundredths between the two. */
const growth = 10;

/** How long everything may take to be paid in the end, in milliseconds. */
const patience = 60_000;

/** How a day's load is pressed into less. */
export interface DayPlan {
  /** The agents' program. */
  readonly program: string;
  /** Milliseconds between two looks. */
  readonly pokeInterval: number;
  /** What is sent, in datagrams of 1000 bytes a second. */
  readonly datagrams: number;
  /** When memory is measured first, and when the load ends: in looks, or in seconds of the machine. */
  readonly unit: "looks" | "seconds";
  readonly settled: number;
  readonly all: number;
  /** Ends it before its time; everything is cleaned up. */
  readonly signal?: AbortSignal;
  /** Told now and then: what was seen so far. */
  readonly onProgress: (seen: { readonly step: string }) => void;
}

/** Whether the load was carried, and what of a day it was. */
export interface DayReport {
  readonly passed: boolean;
  readonly agree: boolean;
  readonly looksOfDay: number;
  readonly shareOfDay: number;
  readonly begin: Readonly<Record<Name, Seen>>;
  readonly end: Readonly<Record<Name, Seen>>;
}

/**
 * A day's load, or as much of it as fits, on two agents: looks more often than by default, and many
 * payments. In the end the books of both agree, nobody was throttled, and memory has not grown.
 */
export async function dayOfLoad(plan: DayPlan): Promise<DayReport> {
  const pair = await agentPair(() => ({}), plan.program, compiledFlags);
  let sender: ChildProcess | undefined;
  const until = reaching(plan, pair);
  try {
    for (const name of ["b", "a"] as const) {
      await pair.start(name, { ...terms, poke_interval: `${plan.pokeInterval}` });
    }
    sender = send(pair, plan.datagrams);
    await until(plan.settled);
    const begin = { a: await seen(pair, "a"), b: await seen(pair, "b") };
    plan.onProgress({ step: "begin", ...begin });
    await until(plan.all);
    sender.kill("SIGKILL");
    const agree = await settled(pair);
    const end = { a: await seen(pair, "a"), b: await seen(pair, "b") };
    const looks = end.b.looks;
    const small = (["a", "b"] as const).every(
      (name) => end[name].memory * 100 <= begin[name].memory * (100 + growth),
    );
    const sound = [end.a, end.b].every(({ throttles, faults }) => throttles + faults === 0);
    const worked = looks > begin.b.looks && BigInt(end.b.credited) > BigInt(begin.b.credited);
    const passed = agree && small && sound && worked;
    return { passed, agree, looksOfDay, shareOfDay: looks / looksOfDay, begin, end };
  } catch (error) {
    // Everything of the pair is gone after this: what its agents said last is all there is.
    const logs = (["a", "b"] as const).map((name) => `${name}:\n${pair.log(name).slice(-4000)}`);
    throw new Error(`the load ended early\n${logs.join("\n")}`, { cause: error });
  } finally {
    sender?.kill("SIGKILL");
    await pair.close();
  }
}

/** How often it is looked how far the agents are, in milliseconds. */
const watchInterval = 2000;

/** Returns once b has made so many looks, or so many seconds have passed since the first call. */
function reaching(plan: DayPlan, pair: AgentPair): (goal: number) => Promise<void> {
  let began: number | undefined;
  return async (goal) => {
    began ??= performance.now();
    const options = plan.signal === undefined ? {} : { signal: plan.signal };
    if (plan.unit === "seconds") {
      await sleep(Math.max(0, began + goal * 1000 - performance.now()), undefined, options);
      return;
    }
    let told = 0;
    for (let looks = 0; looks < goal; await sleep(watchInterval, undefined, options)) {
      looks = (await seen(pair, "b")).looks;
      if (looks < told + plan.all / 20) continue;
      told = looks;
      plan.onProgress({ step: `${Math.floor((looks * 100) / plan.all)} %` });
    }
  };
}

function send(pair: AgentPair, datagrams: number): ChildProcess {
  const text = `const s = require("node:dgram").createSocket("udp4"); const t0 = Date.now(); let n = 0;
    setInterval(() => { for (const due = (Date.now() - t0) / 1000 * ${datagrams}; n < due; n++)
      s.send(Buffer.alloc(1000), 9, "10.99.7.2", () => {}); }, 20);`;
  const words = ["netns", "exec", pair.namespace("a"), process.execPath, "-e", text];
  return spawn("ip", words, { stdio: "ignore" });
}

/** One agent at a moment. Memory in bytes; what was credited in grains, as a decimal. */
interface Seen {
  readonly memory: number;
  readonly looks: number;
  readonly commits: number;
  readonly messages: number;
  readonly throttles: number;
  readonly faults: number;
  readonly credited: string;
}

async function seen(pair: AgentPair, name: Name): Promise<Seen> {
  const { counts, memory, neighbours } = await pair.status(name);
  const direction = name === "a" ? "we pay" : "we are paid";
  const account = neighbours[0]?.accounts.find((one) => one.direction === direction);
  const { pokes: looks, commits, datagrams: messages, throttles, faults } = counts;
  const credited = account?.settled ?? "0";
  return { memory, looks, commits, messages, throttles, faults, credited };
}

/** Whether both say the same, and nothing is owed. */
async function settled(pair: AgentPair): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; await sleep(1000)) {
    for (const name of ["a", "b"] as const) await pair.ask(name, "settle");
    const [a, b] = [await pair.status("a"), await pair.status("b")];
    const paying = a.neighbours[0]?.accounts.find(({ direction }) => direction === "we pay");
    const paid = b.neighbours[0]?.accounts.find(({ direction }) => direction === "we are paid");
    if (paying?.settled === paying?.amount && paying?.settled === paid?.settled) return true;
  }
  return false;
}
