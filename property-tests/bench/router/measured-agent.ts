import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as Effect from "effect/Effect";
import { askAgent } from "#agent/agent/control-socket.ts";
import { routerEnvironment } from "#agent/packaging/launch.ts";
import { removal } from "../removal.ts";

/** Kilobytes of a process, as the kernel counts them. */
export interface Memory {
  readonly resident: number;
  /** Of that, what belongs to the process alone and cannot be dropped: heap, stacks. */
  readonly anonymous: number;
  readonly peak: number;
}

/** A process whose memory is looked at. */
export interface MeasuredAgent {
  readonly pid: number;
  readonly memory: () => Memory;
  /** Seconds of processor time so far, the program's own and the kernel's for it. */
  readonly cpu: () => number;
  /** Milliseconds from the start until it answered on its control socket. */
  readonly answered: number;
  readonly ended: () => boolean;
  /** As a power cut would: tunnels and rules stay for the next one. */
  readonly kill: () => Promise<void>;
}

/** How long an agent may take until it answers, in milliseconds. */
const startTime = 60_000;

/** The Node that runs agents: `--node=PATH` on the command line, else this one. */
export const agentNode: string =
  process.argv.find((one) => one.startsWith("--node="))?.slice("--node=".length) ??
  process.execPath;

/** Where and how a process runs. */
export interface Surroundings {
  /** A network namespace; nothing: this one. */
  readonly namespace?: string;
  /** Words before all others, which they must become (exec), so that the pid is the program's. */
  readonly before?: readonly string[];
  /** The program; {@link agentNode} unless said. */
  readonly program?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a program; `ip netns exec` becomes it, so the pid is its own. */
export function launch(words: readonly string[], where: Surroundings = {}): ChildProcess {
  const { PATH = "" } = process.env;
  const { namespace, before = [], program = agentNode } = where;
  const inside = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const [first = "", ...rest] = [...before, ...inside, program, ...words];
  return spawn(first, rest, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { PATH, ...(where.environment ?? routerEnvironment) },
  });
}

/** Starts an agent and waits until it answers. @throws Error where it ends or is too slow. */
export async function measuredAgent(
  words: readonly string[],
  control: string,
  where: Surroundings = {},
): Promise<MeasuredAgent> {
  const began = performance.now();
  const child = launch(words, where);
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const kill = removal(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const pid = child.pid ?? 0;
  for (;;) {
    if (existsSync(control) && (await answers(control))) break;
    if (ended()) throw new Error("the agent ended before it answered");
    if (performance.now() - began > startTime) {
      await kill();
      throw new Error("the agent does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const answered = performance.now() - began;
  return { pid, memory: () => memoryOf(pid), cpu: () => cpuOf(pid), answered, ended, kill };
}

function answers(control: string): Promise<boolean> {
  return Effect.runPromise(askAgent(control, ["peers"])).then(
    () => true,
    () => false,
  );
}

/** The memory of a process now. @throws Error where there is none. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  return {
    resident: kilobytes("VmRSS"),
    anonymous: kilobytes("RssAnon"),
    peak: kilobytes("VmHWM"),
  };
}

/** Clock ticks of /proc a second, on every Linux that Node runs on. */
const clockTicks = 100;

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return (user + system) / clockTicks;
}
