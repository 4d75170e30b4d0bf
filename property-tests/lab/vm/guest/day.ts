import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { routerFlags } from "#agent/packaging/launch.ts";
import { type AgentPair, agentPair, type Name } from "../../agent-pair.ts";
import { report } from "./report.ts";

/** Terms by which each 100 kB is a payment. */
const terms = {
  pay_threshold: "0.000005 USDC",
  credit_limit: "0.0001 USDC",
  reservation: "650kB",
  read_chunk: "50kB",
  round_trip: "100kB",
  link_rate: "4Mbit",
  poke_interval: "100",
} as const;

/** Looks at the counters in 24 hours, at the default of one a second. */
const looksOfDay = 86_400;

/** What is sent, in datagrams of 1000 bytes a second. */
const datagrams = 50;

/** Seconds of the machine: until memory is measured first, and until the load ends. */
const seconds = { settled: 240, all: 540 } as const;

/** Heaps as small as a router's; but compiled, because what is emulated is slow enough. */
const flags = routerFlags.filter((flag) => flag !== "--jitless");

/** Memory may grow by so many hundredths between the two. */
const growth = 10;

/** How long everything may take to be paid in the end, in milliseconds. */
const patience = 60_000;

/**
 * As much of a day's load as fits: looks ten times as often as by default, payments every other second.
 * What of a day that was is told, as looks of {@link looksOfDay}.
 */
export async function loadOfDay(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const pair = await agentPair(() => ({}), program, flags);
  let sender: ChildProcess | undefined;
  try {
    for (const name of ["b", "a"] as const) await pair.start(name, terms);
    sender = send(pair);
    await sleep(seconds.settled * 1000);
    const begin = { a: await seen(pair, "a"), b: await seen(pair, "b") };
    report({ step: "begin", ...begin });
    await sleep((seconds.all - seconds.settled) * 1000);
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
  } finally {
    sender?.kill("SIGKILL");
    await pair.close();
  }
}

function send(pair: AgentPair): ChildProcess {
  const text = `const s = require("node:dgram").createSocket("udp4");
    setInterval(() => s.send(Buffer.alloc(1000), 9, "10.99.7.2", () => {}), ${1000 / datagrams});`;
  const words = ["netns", "exec", pair.namespace("a"), process.execPath, "-e", text];
  return spawn("ip", words, { stdio: "ignore" });
}

async function seen(pair: AgentPair, name: Name) {
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
