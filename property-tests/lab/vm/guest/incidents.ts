import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentPair, agentPair, type Name } from "../../agent-pair.ts";
import { compiledFlags } from "../../compiled-flags.ts";
import { report } from "./report.ts";

const terms = {
  pay_threshold: "0.000005 USDC",
  credit_limit: "0.0001 USDC",
  reservation: "650kB",
  read_chunk: "50kB",
  round_trip: "100kB",
  link_rate: "4Mbit",
  poke_interval: "1000",
} as const;

/** Between two questions to agents that have one processor together, in milliseconds. */
const pause = 3000;

/** How long anything that must happen is waited for, in milliseconds of the machine. */
const patience = 900_000;

/** WireGuard gives up a session after so long (protocol paper, section 6.1), and a little more, in milliseconds. */
const sessionTime = 200_000;

const day = 86_400;

/** In so long each end has called, in milliseconds. */
const callTime = 10_000;

/** A control group of ours, in which memory is limited. */
const group = "/sys/fs/cgroup/meshtoll-lab";

interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

/** As much of an incident as is looked at. */
interface Told {
  readonly kind: string;
  readonly open: boolean;
  readonly detected: string;
}

/**
 * What is the whole machine's and so nobody's to spoil on a machine that others use: its clock is set
 * forward and back by a day, and what an agent may have of its memory becomes short.
 */
export async function provokeIncidents(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const pair = await agentPair(() => ({}), program, compiledFlags);
  const checks: Check[] = [];
  const check = (claim: string, holds: boolean, found: string): void => {
    checks.push({ claim, holds, found });
    report({ claim, holds, found });
  };
  try {
    for (const name of ["b", "a"] as const) await pair.start(name, terms);
    report({ step: "two agents answer" });
    await paidMore(pair, check, "bytes are paid for before anything is provoked");
    await shortMemory(pair, check);
    for (const [way, by] of [
      ["forward", day],
      ["back", -day],
    ] as const) {
      setClock(by);
      await noticed(pair, check, "clock jumped", way);
      await over(pair, check, "clock jumped");
      // Back, no session that is older than the jump helps any more: new handshakes have to come about.
      if (by < 0) await sleep(sessionTime);
      await paidMore(pair, check, `with the clock set ${way}, bytes are paid for as before`);
      if (by > 0) await callBothWays(pair);
    }
    const anew = (["a", "b"] as const).filter((name) => pair.log(name).includes("is made anew"));
    check(
      "tunnels are made anew where a clock that was set back lets no handshake through",
      anew.length > 0,
      anew.join(),
    );
    await paidMore(pair, check, "and bytes are paid for in the end");
    await judgeRun(pair, check);
    return { passed: checks.every(({ holds }) => holds), checks };
  } finally {
    await pair.close();
  }
}

type Tell = (claim: string, holds: boolean, found: string) => void;

/**
 * Each end calls the other on each tunnel, and so is remembered by a timestamp of this clock: WireGuard
 * forgets its sessions where another key is set, and calls by itself as soon as it has something to send.
 */
async function callBothWays(pair: AgentPair): Promise<void> {
  for (const name of ["a", "b"] as const) {
    const inside = ["netns", "exec", pair.namespace(name)];
    for (const priceClass of [0, 1]) {
      const device = `${pair.prefix(name)}${name === "a" ? "b" : "a"}${priceClass}`;
      const mine = execFileSync("ip", [...inside, "wg", "show", device, "private-key"]);
      for (const key of [execFileSync("wg", ["genkey"]), mine]) {
        const file = join(pair.directory(name), "../key-again");
        writeFileSync(file, key, { mode: 0o600 });
        execFileSync("ip", [...inside, "wg", "set", device, "private-key", file]);
        rmSync(file);
      }
    }
    pair.send(50);
    for (const place of ["a", "b"] as const) await pair.ask(place, "settle");
    await sleep(callTime);
  }
}

/** @param by seconds */
function setClock(by: number): void {
  execFileSync("date", ["-s", `@${Math.floor(Date.now() / 1000) + by}`], { stdio: "ignore" });
}

/** Waits until something is found, or for as long as there is patience. */
async function eventually<A>(look: () => Promise<A | undefined>): Promise<A | undefined> {
  for (const end = performance.now() + patience; performance.now() < end; await sleep(pause)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}

async function incidentOf(pair: AgentPair, name: Name, kind: string, open: boolean, words = "") {
  const { incidents } = (await pair.ask(name, "incidents")) as {
    readonly incidents: readonly Told[];
  };
  const alike = incidents.filter((one) => one.kind === kind);
  return alike.find((one) => one.open === open && one.detected.includes(words));
}

async function noticed(pair: AgentPair, check: Tell, kind: string, words: string) {
  for (const name of ["a", "b"] as const) {
    const found = await eventually(() => incidentOf(pair, name, kind, true, words));
    check(`${name} tells of it: ${kind} (${words})`, found !== undefined, found?.detected ?? "-");
  }
}

async function over(pair: AgentPair, check: Tell, kind: string) {
  for (const name of ["a", "b"] as const) {
    const open = await eventually(async () =>
      (await incidentOf(pair, name, kind, true)) === undefined ? "over" : undefined,
    );
    check(`${name} tells that it is over: ${kind}`, open !== undefined, open ?? "open still");
  }
}

/** b comes into a control group whose limit is little above what it holds, and out of it again. */
async function shortMemory(pair: AgentPair, check: Tell): Promise<void> {
  const pid = pair.pid("b");
  const groups = ["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"];
  execFileSync("busybox", groups);
  // `ip netns exec` gave the agent a /sys of its own, without control groups; our root is not the machine's.
  execFileSync("nsenter", ["-t", `${pid}`, "-m", "-r", ...groups]);
  writeFileSync("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
  mkdirSync(group);
  writeFileSync(`${group}/cgroup.procs`, `${pid}`);
  const kind = "memory is short";
  const found = await eventually(() => {
    // What it holds changes as it works, and stays charged to the group where it was asked for.
    writeFileSync(`${group}/memory.max`, `${Math.floor((residentOf(pid) * 100) / 97)}`);
    return incidentOf(pair, "b", kind, true);
  });
  const otherwise = `it holds ${residentOf(pid)} bytes`;
  check(`b tells of it: ${kind}`, found !== undefined, found?.detected ?? otherwise);
  writeFileSync("/sys/fs/cgroup/cgroup.procs", `${pid}`);
  const past = await eventually(() => incidentOf(pair, "b", kind, false));
  check(`b tells that it is over: ${kind}`, past !== undefined, past?.detected ?? "-");
  rmdirSync(group);
}

/** @returns bytes */
function residentOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(found) * 1024;
}

/** What a sends now is credited by b, sooner or later. */
async function paidMore(pair: AgentPair, check: Tell, claim: string): Promise<void> {
  const before = await creditedBy(pair);
  const began = performance.now();
  const after = await eventually(async () => {
    pair.send(50);
    for (const name of ["a", "b"] as const) await pair.ask(name, "settle");
    const now = await creditedBy(pair);
    return now > before ? now : undefined;
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  check(claim, after !== undefined, `${before} -> ${after ?? before} grains in ${seconds} s`);
}

async function creditedBy(pair: AgentPair): Promise<bigint> {
  const { neighbours } = await pair.status("b");
  const found = neighbours[0]?.accounts.find(({ direction }) => direction === "we are paid");
  return BigInt(found?.settled ?? "0");
}

async function judgeRun(pair: AgentPair, check: Tell): Promise<void> {
  for (const name of ["a", "b"] as const) {
    const { counts } = await pair.status(name);
    const found = `${counts.throttles} throttles, ${counts.faults} faults`;
    check(`${name} throttled nobody, and found no fault`, found === "0 throttles, 0 faults", found);
  }
}
