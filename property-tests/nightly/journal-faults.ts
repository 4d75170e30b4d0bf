import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aftermath, seeded } from "./acknowledged.ts";
import { Lacking } from "./lacking.ts";

/** What came of a disk that refuses writes and syncs of a real process (G1, G8). */
export interface FaultTally {
  readonly runs: number;
  /** Runs in which the fault was met, and the writer said so or went on. */
  readonly met: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damaged: number;
}

const errors = { EIO: 5, ENOSPC: 28 } as const;
const script = fileURLToPath(new URL("../journal/journal-writer.ts", import.meta.url));

/** Builds the library that fails calls. @throws Lacking without a C compiler. */
function build(home: string): string {
  const source = fileURLToPath(new URL("failing-disk.c", import.meta.url));
  const library = join(home, "failing-disk.so");
  const built = spawnSync("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], {
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Lacking(`gcc is needed: ${built.stderr ?? built.error}`);
  return library;
}

/** Lets one write or sync, or all from one on, fail under a real writer; reads what it left. */
export async function failWriters(
  runs: number,
  seed: number,
  progress: (done: number) => void,
): Promise<FaultTally> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-faults-"));
  const tally = { runs: 0, met: 0, lost: 0, wrong: 0, damaged: 0 };
  try {
    const library = build(home);
    const next = seeded(seed);
    while (tally.runs < runs) {
      const directory = join(home, String(tally.runs));
      mkdirSync(directory, { mode: 0o700 });
      const short = next(4) === 0;
      const fault = {
        LD_PRELOAD: library,
        FAIL_BELOW: directory,
        FAIL_CALL: short ? "w" : "wsb"[next(3)],
        FAIL_FROM: String(next(60)),
        FAIL_COUNT: String(next(3) === 0 ? 1_000_000 : 1 + next(3)),
        FAIL_ERRNO: String(next(2) === 0 ? errors.EIO : errors.ENOSPC),
        FAIL_SHORT: short ? "1" : "0",
      };
      const said = await written(directory, fault);
      const acknowledged = said.filter((line) => /^\d+$/.test(line)).map(Number);
      const found = aftermath(directory, acknowledged.at(-1) ?? 0);
      tally.runs += 1;
      tally.met += said.some((line) => line.startsWith("refused")) ? 1 : 0;
      tally.lost += found.lost;
      tally.wrong += found.wrong;
      tally.damaged += found.damaged ? 1 : 0;
      rmSync(directory, { recursive: true, force: true });
      progress(tally.runs);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return tally;
}

/** So many lines are enough; then the writer is ended. */
const lineLimit = 60;

/** A writer under a fault: every line that it printed before it refused, ended, or had said enough. */
function written(directory: string, fault: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script, directory, "write"], {
    env: { ...process.env, ...fault },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.on("data", (part: Buffer) => {
    text += part.toString("utf8");
    if (text.split("\n").length > lineLimit) child.kill("SIGKILL");
  });
  return new Promise((resolve) => {
    child.on("close", () => resolve(text.split("\n").slice(0, -1)));
  });
}
