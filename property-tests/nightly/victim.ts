import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import type { FlipMode, Life } from "./victim-life.ts";

/** A process in the middle of a recorded run, of which copies live through the rest. */
export interface Victim {
  /**
   * One copy's life, and what is left of it. `harm` gets the copy while it waits. A copy that ends by
   * itself before that (a fork of a program with threads may) says nothing: another one is made.
   * @throws Error where the process that makes copies has ended, or one copy after the other does
   */
  readonly live: (harm: (pid: number) => unknown) => Promise<Life>;
  /** Copies what the last life left behind to this path, and others beside it. */
  readonly keep: (path: string) => void;
  readonly close: () => Promise<void>;
}

/** A copy that has not said anything after so many milliseconds hangs. */
const patience = 30_000;

/** So many copies are made for one life. */
const copyLimit = 5;

/** What victims live through, unless they are told otherwise. */
const recordedRun = fileURLToPath(new URL("../golden/run-2.json", import.meta.url));

/** What stands beside a journal: what was done, and what was heard. */
const beside = [".done", ".heard"] as const;

/** Starts one, with a journal of its own in `home`, and waits until it stands in the middle. */
export async function openVictim(
  program: string,
  home: string,
  mode: FlipMode,
  run: string = recordedRun,
): Promise<Victim> {
  const directory = join(mkdtempSync(join(home, "victim-")), "journal");
  const koffi = createRequire(import.meta.url).resolve("koffi");
  const words = ["--single-threaded", "--v8-pool-size=0", program, directory, run, mode, koffi];
  const child = spawn(process.execPath, words, {
    stdio: ["pipe", "pipe", "ignore"],
    // What is compiled in a memory with flipped bits is nobody else's to run.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
  });
  child.stdin.on("error", () => undefined); // it has ended already
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const line = linesOf(child);
  if ((await line()) !== "ready") throw new Error("the victim does not come to the middle");
  const middle = pictureOf(directory);
  const oneLife = async (harm: (pid: number) => unknown): Promise<Life | undefined> => {
    putBack(directory, middle);
    child.stdin.write("\n");
    const [, pid] = /^copy (\d+)$/.exec((await line()) ?? "") ?? [];
    if (pid === undefined) throw new Error("the victim has ended");
    const deadline = setTimeout(() => process.kill(Number(pid), "SIGKILL"), patience);
    try {
      const isHarmed = isDone(() => harm(Number(pid)));
      if (isHarmed) child.stdin.write("\n");
      let said = "ready";
      for (;;) {
        const words = await line();
        if (words === undefined) throw new Error("the victim has ended");
        if (words === "gone") return isHarmed ? leftIn(directory, said) : undefined;
        said = words;
      }
    } finally {
      clearTimeout(deadline);
    }
  };
  return {
    live: async (harm) => {
      for (let copies = 0; copies < copyLimit; copies++) {
        const life = await oneLife(harm);
        if (life !== undefined) return life;
      }
      throw new Error(`${copyLimit} copies ended before anything was done to them`);
    },
    keep: (path) => {
      for (const part of ["", ...beside]) {
        cpSync(`${directory}${part}`, `${path}${part}`, { recursive: true });
      }
    },
    close: async () => {
      child.stdin.end();
      await ended;
      rmSync(join(directory, ".."), { recursive: true, force: true });
    },
  };
}

/** Whether something could be done to a process; not where that has ended (proc(5)). */
function isDone(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH" || code === "ENOENT") return false;
    throw error;
  }
}

/** The lines of a process, one for each call; nothing after its end. */
function linesOf(child: ChildProcess): () => Promise<string | undefined> {
  const { stdout } = child;
  if (stdout === null) throw new Error("a process without a voice");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async () => {
    const next = await lines.next();
    return next.done === true ? undefined : next.value;
  };
}

/** A directory's files, and those beside it. */
function pictureOf(directory: string): ReadonlyMap<string, Buffer> {
  const inside = readdirSync(directory).map((name) => join(directory, name));
  const all = [...inside, ...beside.map((part) => `${directory}${part}`)];
  return new Map(all.map((path) => [path, readFileSync(path)]));
}

/** Files stay the same to whoever has them open: a copy writes through what its maker opened. */
function putBack(directory: string, picture: ReadonlyMap<string, Buffer>): void {
  for (const name of readdirSync(directory)) {
    if (!picture.has(join(directory, name))) rmSync(join(directory, name));
  }
  for (const [path, bytes] of picture) {
    if (existsSync(path)) truncateSync(path, bytes.length);
    writeFileSync(path, bytes, { flag: existsSync(path) ? "r+" : "w", mode: 0o600 });
  }
}

/** What lies in the directory, and beside it. */
function leftIn(directory: string, said: string): Life {
  const done = lines(readFileSync(`${directory}.done`));
  const heard = readFileSync(`${directory}.heard`, "utf8");
  try {
    const commits = [...readCommits(directory)].map(({ payload }) => `${toHex(payload)}\n`);
    return { said, done, journal: commits.join(""), heard };
  } catch (error) {
    return { said, done, journal: undefined, refusal: String(error), heard };
  }
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
