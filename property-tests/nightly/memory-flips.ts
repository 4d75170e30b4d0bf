import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import { writeSecondProgram } from "../simulator/second-bundle.ts";
import { seeded } from "./acknowledged.ts";

/** What came of flipping one bit of a process's memory, again and again (G3). */
export interface FlipTally {
  readonly trials: number;
  /** It did what it would have done. */
  readonly harmless: number;
  /** It noticed, and did nothing more. */
  readonly found: number;
  /** It ended, or hung, before it was done: safe, the journal is whole. */
  readonly ended: number;
  /** It did something else before it ended, or said that it was done: never. */
  readonly silent: number;
  /** What it left of its journal cannot be read: never. */
  readonly damaged: number;
  /** Megabytes of writable memory that the bits were chosen from. */
  readonly megabytes: number;
  /** Of those that must never be: where the bit was, and where the process went another way. */
  readonly wrong: readonly WrongLife[];
}

/** One that must never be. */
interface WrongLife {
  readonly trial: number;
  /** The mapping that the page belongs to, as /proc/pid/maps calls it. */
  readonly region: string;
  readonly said: string;
  /** Its first line that differs, as it is and as it should be; nothing where all are the same. */
  readonly line: readonly [string, string];
  /** The same of its commits. */
  readonly commit: readonly [string, string];
}

/** Whether decisions are taken by two in lockstep, as the agent does, or by one alone. */
export type FlipMode = "guarded" | "bare";

const pageSize = 4096;

/** A process that has not said anything after so many milliseconds hangs. */
const patience = 60_000;

/**
 * One process for each trial: it lives through half of a recorded run, one bit of its resident
 * writable memory is flipped through /proc/pid/mem, and it goes on. Memory lies elsewhere in every
 * process: a seed repeats the choices among pages, not the bytes.
 */
export async function flipMemory(
  mode: FlipMode,
  trials: number,
  seed: number,
  progress: (done: number) => void,
): Promise<FlipTally> {
  const home = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "meshtoll-flips-"));
  const wrong: WrongLife[] = [];
  const counts = { harmless: 0, found: 0, ended: 0, silent: 0, damaged: 0 };
  const tally = { trials: 0, ...counts, megabytes: 0, wrong };
  try {
    const program = bundled(home);
    const next = seeded(seed);
    const right = await life(program, home, mode, 0, () => 0);
    if (right.said !== "done") throw new Error(`the victim does not run: ${right.said}`);
    let begun = 0;
    const worker = async (): Promise<void> => {
      while (begun < trials) {
        begun += 1;
        const trial = begun;
        let region = "";
        const lived = await life(program, home, mode, trial, (pid) => {
          const flipped = flipOne(pid, next);
          region = flipped.region;
          tally.megabytes = Math.round((flipped.pages * pageSize) / 1e6);
        });
        tally.trials += 1;
        const found = verdict(lived, right);
        tally[found] += 1;
        if (found === "silent" || found === "damaged") {
          const line = firstDifference(lived.done, right.done);
          const commit = firstDifference(lived.journal ?? "", right.journal ?? "");
          wrong.push({ trial, region, said: lived.said, line, commit });
        }
        progress(tally.trials);
      }
    };
    await Promise.all([worker(), worker()]);
    return tally;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a process left behind. */
interface Life {
  /** Its last line. */
  readonly said: string;
  /** What it did, input by input. */
  readonly done: string;
  /** Its commits as text; nothing where its journal cannot be read. */
  readonly journal: string | undefined;
}

/** Whatever it was that ended it: up to there it must have done what is right. */
function verdict(
  { said, done, journal }: Life,
  right: Life,
): "harmless" | "found" | "ended" | "silent" | "damaged" {
  if (journal === undefined) return "damaged";
  const whole = done === right.done && journal === right.journal;
  if (said === "done") return whole ? "harmless" : "silent";
  if (!right.done.startsWith(done) || !right.journal?.startsWith(journal)) return "silent";
  return said.startsWith("found ") ? "found" : "ended";
}

/** Records with their lengths before them, a line of hexadecimal digits each. */
function lines(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    text += `${bytes.toString("hex", at + 4, end)}\n`;
    at = end;
  }
  return text;
}

/** The first lines of two texts that differ, from a little before the place where they do. */
function firstDifference(one: string, other: string): readonly [string, string] {
  const [ones, others] = [one.split("\n"), other.split("\n")];
  const at = others.findIndex((line, i) => line !== ones[i]);
  if (at < 0) return ["", ""];
  const [line = "", right = ""] = [ones[at], others[at]];
  const place = [...right].findIndex((digit, i) => digit !== line[i]);
  const shown = (text: string) =>
    `line ${at + 1} of ${text.length} digits, from ${place}: ${text.slice(Math.max(0, place - 40), place + 300)}`;
  return [shown(line), shown(right)];
}

/** What lies in the directory, and beside it. */
function leftIn(directory: string, said: string): Life {
  const done = existsSync(`${directory}.done`) ? lines(readFileSync(`${directory}.done`)) : "";
  try {
    const commits = [...readCommits(directory)].map(({ payload }) => `${toHex(payload)}\n`);
    return { said, done, journal: commits.join("") };
  } catch {
    return { said, done, journal: undefined };
  }
}

/** The victim as it is shipped, in two files: it starts thousands of times. */
function bundled(home: string): string {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      at("../../node_modules/rolldown/bin/cli.mjs"),
      at("memory-victim.ts"),
      ...["--platform", "node", "--format", "esm", "--logLevel", "silent"],
      ...["--entryFileNames", "victim.mjs", "-d", home],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the victim could not be bundled: ${stderr}`);
  writeSecondProgram(home, "modelled");
  return join(home, "victim.mjs");
}

/** One life, and what is left of it. `harm` gets the process while it waits. */
async function life(
  program: string,
  home: string,
  mode: FlipMode,
  number: number,
  harm: (pid: number) => unknown,
): Promise<Life> {
  const directory = join(home, `journal-${number}`);
  const run = fileURLToPath(new URL("../golden/run-2.json", import.meta.url));
  const words = ["--single-threaded", program, directory, run, mode];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "pipe"] });
  child.stderr.resume();
  child.stdin.on("error", () => undefined); // it has ended already
  const deadline = setTimeout(() => child.kill("SIGKILL"), patience);
  try {
    const said = await lastLine(child, () => {
      if (child.pid !== undefined) harm(child.pid);
      child.stdin.write("\n");
    });
    return leftIn(directory, said);
  } finally {
    clearTimeout(deadline);
    rmSync(directory, { recursive: true, force: true });
    rmSync(`${directory}.done`, { force: true });
  }
}

function lastLine(child: ChildProcessWithoutNullStreams, ready: () => void): Promise<string> {
  let text = "";
  let waited = true;
  child.stdout.on("data", (part: Buffer) => {
    text += part.toString("utf8");
    if (!waited || !text.includes("ready\n")) return;
    waited = false;
    ready();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(text.split("\n").at(-2) ?? ""));
  });
}

/** Flips one bit of the resident writable pages of a process; says where, and how many there are. */
function flipOne(pid: number, next: (below: number) => number) {
  const pages = residentPages(pid);
  const page = pages[next(pages.length)];
  if (page === undefined) throw new Error(`process ${pid} has no writable page`);
  const at = page.address + next(pageSize);
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  try {
    const byte = new Uint8Array(1);
    readSync(memory, byte, 0, 1, at);
    byte[0] = (byte[0] as number) ^ (1 << next(8));
    writeSync(memory, byte, 0, 1, at);
  } finally {
    closeSync(memory);
  }
  return { pages: pages.length, region: page.region };
}

/** A page, and what the mapping that it belongs to is called. */
interface Page {
  readonly address: number;
  readonly region: string;
}

/** The pages that are writable, private to the process and in memory (proc(5)). */
function residentPages(pid: number): readonly Page[] {
  const pages: Page[] = [];
  const map = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const found = /^([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+ *(.*)$/.exec(line);
      if (found === null) continue;
      const [from, to] = [found[1], found[2]].map((one) => Number.parseInt(one ?? "0", 16));
      if (from === undefined || to === undefined || !Number.isSafeInteger(to)) continue;
      const count = (to - from) / pageSize;
      const entries = Buffer.alloc(count * 8);
      readSync(map, entries, 0, entries.length, (from / pageSize) * 8);
      for (let i = 0; i < count; i++) {
        if (((entries[i * 8 + 7] as number) & 0x80) === 0) continue;
        pages.push({ address: from + i * pageSize, region: found[3] ?? "" });
      }
    }
  } finally {
    closeSync(map);
  }
  return pages;
}
