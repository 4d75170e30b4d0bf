import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { homeOf, namespaceName, type Place } from "./belongings.ts";
import { configPath, journalOf } from "./line-network.ts";

/** The program that runs now, bundled or not: the agents are the same one. */
const main = process.argv[1] ?? "";

/** Set for all that a stage starts: its tag. */
const stageMark = "MESHTOLL_STAGE";

/** As on a router with little memory. */
const lean = ["--max-old-space-size=48", "--max-semi-space-size=1", "--optimize-for-size"];

/** How long an agent may take until it answers, in milliseconds: on a machine that does much else. */
const startTime = 90_000;

/** How long an agent may take to end politely, in milliseconds. */
const endTime = 10_000;

/** How much of a log is shown when an agent does not start, in characters. */
const logLimit = 2000;

/**
 * A command of this program in a namespace, in a process group of its own: Ctrl-C is the business
 * of the demo alone. What it says goes to a file.
 * @throws Error in a program that was started so itself: it would start itself for ever.
 */
export function spawnInside(
  tag: string,
  place: Place,
  args: readonly string[],
  log: string,
): ChildProcess {
  if (process.env[stageMark] !== undefined) {
    throw new Error("a stage was started by what a stage started: name the agent's program");
  }
  const out = openSync(logPath(tag, log), "a", 0o600);
  const command = ["netns", "exec", namespaceName(tag, place), process.execPath, ...args];
  const env = { ...process.env, [stageMark]: tag };
  const child = spawn("ip", command, { stdio: ["ignore", out, out], detached: true, env });
  child.on("error", () => {}); // it has no exit code then, and never answers
  closeSync(out);
  return child;
}

/** A command of this program that makes traffic. */
export function spawnTraffic(
  tag: string,
  place: Place,
  args: readonly string[],
  program = main,
): ChildProcess {
  return spawnInside(tag, place, [program, "demo-traffic", ...args], `traffic-${place}`);
}

/** What a program of the demo said so far. */
export function logOf(tag: string, log: string): Promise<string> {
  return readFile(logPath(tag, log), "utf8").catch(() => "");
}

/**
 * Starts the agent of a router and returns once it answers on its control socket.
 * @param program another one than runs now, for tests.
 * @throws Error with the end of its log where it does not.
 */
export async function spawnAgent(
  tag: string,
  router: Place,
  curtain: AbortSignal,
  program = main,
): Promise<ChildProcess> {
  const args = [...lean, program, "run", "--config", configPath(tag, router)];
  const child = spawnInside(tag, router, args, router);
  const path = controlPath(journalOf(tag, router));
  const began = performance.now();
  while (performance.now() - began < startTime && isRunning(child)) {
    if (await answers(path)) return child;
    await sleep(50, undefined, { signal: curtain });
  }
  child.kill("SIGKILL");
  const log = (await logOf(tag, router)).slice(-logLimit);
  throw new Error(`the agent of ${router} did not start:\n${log}`);
}

/** Waits until a process has ended, at most a while. */
export async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || !isRunning(child)) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const enough = new AbortController();
  await Promise.race([exit, sleep(endTime, undefined, { signal: enough.signal }).catch(() => {})]);
  enough.abort();
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

const answers = (path: string): Promise<boolean> =>
  Effect.runPromise(askAgent(path, ["status"])).then(
    () => true,
    () => false,
  );

function logPath(tag: string, log: string): string {
  return join(homeOf(tag), `${log}.log`);
}
