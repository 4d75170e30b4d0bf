import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "./acknowledged.ts";
import { flipBit, pageSize, residentPages } from "./process-memory.ts";
import { openVictim, type Victim } from "./victim.ts";
import {
  bundledVictim,
  type FlipMode,
  firstDifference,
  misheard,
  verdict,
  wholeLife,
} from "./victim-life.ts";

/** What came of flipping one bit of a process's memory, again and again (G3). */
export interface FlipTally {
  readonly trials: number;
  /** It did what it would have done. */
  readonly harmless: number;
  /** It noticed, and did nothing more. */
  readonly found: number;
  /** It ended, or hung, before it was done: safe, the journal is whole. */
  readonly ended: number;
  /**
   * It read a message of the recorded run wrong, as if that had been damaged on its way, and did what
   * follows from it: reading that file is the harness's part, and one message is one that is lost.
   */
  readonly misheard: number;
  /** It did something else before it ended, or said that it was done: never. */
  readonly silent: number;
  /** What it left of its journal cannot be read: never. */
  readonly damaged: number;
  /** Megabytes of writable memory that the bits were chosen from. */
  readonly megabytes: number;
  /** Of those that must never be: where the bit was, and where the process went another way. */
  readonly wrong: readonly WrongLife[];
}

/** One that must never be, or that heard something else. */
interface WrongLife {
  readonly trial: number;
  readonly verdict: "silent" | "damaged" | "misheard";
  /** The mapping that the page belongs to, as /proc/pid/maps calls it. */
  readonly region: string;
  readonly said: string;
  /** Its first line that differs, as it is and as it should be; nothing where all are the same. */
  readonly line: readonly [string, string];
  /** The same of its commits. */
  readonly commit: readonly [string, string];
  /** Why its journal is refused, where it is. */
  readonly refusal?: string | undefined;
  /** Where what it left is kept, until somebody has looked at it. */
  readonly kept: string;
}

/** So many copies are made of one process, until the next one has its memory elsewhere. */
const lives = 250;

/**
 * One process for each trial, a copy of one that has lived through half of a recorded run: one bit of its
 * resident writable memory is flipped through /proc/pid/mem, and it goes on. Memory lies elsewhere in
 * every process that copies are made of: a seed repeats the choices among pages, not the bytes.
 */
export async function flipMemory(
  mode: FlipMode,
  trials: number,
  seed: number,
  progress: (done: number) => void,
): Promise<FlipTally> {
  const home = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "meshtoll-flips-"));
  const wrong: WrongLife[] = [];
  const counts = { harmless: 0, found: 0, ended: 0, misheard: 0, silent: 0, damaged: 0 };
  const tally = { trials: 0, ...counts, megabytes: 0, wrong };
  try {
    const program = bundledVictim(home);
    const next = seeded(seed);
    const right = await wholeLife(program, home);
    if (right.said !== "done") throw new Error(`the victim does not run: ${right.said}`);
    let begun = 0;
    const worker = async (): Promise<void> => {
      while (begun < trials) {
        const victim = await openVictim(program, home, mode);
        try {
          for (let life = 0; life < lives && begun < trials; life++) {
            begun += 1;
            await oneTrial(victim, begun);
          }
        } finally {
          await victim.close();
        }
      }
    };
    const oneTrial = async (victim: Victim, trial: number): Promise<void> => {
      let region = "";
      const lived = await victim.live((pid) => {
        const flipped = flipOne(pid, next);
        region = flipped.region;
        tally.megabytes = Math.round((flipped.pages * pageSize) / 1e6);
      });
      tally.trials += 1;
      const first = verdict(lived, right);
      const wrongly = first === "silent" && (await misheard(program, lived, right));
      const found = wrongly ? "misheard" : first;
      tally[found] += 1;
      if (found === "silent" || found === "damaged" || found === "misheard") {
        const kept = join(tmpdir(), `meshtoll-wrong-${process.pid}-${trial}`);
        victim.keep(kept);
        const line = firstDifference(lived.done, right.done);
        const commit = firstDifference(lived.journal ?? "", right.journal ?? "");
        const { said, refusal } = lived;
        wrong.push({ trial, verdict: found, region, said, line, commit, refusal, kept });
      }
      progress(tally.trials);
    };
    await Promise.all([worker(), worker()]);
    return tally;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Flips one bit of the resident writable pages of a process; says where, and how many there are. */
function flipOne(pid: number, next: (below: number) => number) {
  const pages = residentPages(pid);
  const page = pages[next(pages.length)];
  if (page === undefined) throw new Error(`process ${pid} has no writable page`);
  flipBit(pid, page.address + next(pageSize), next(8));
  return { pages: pages.length, region: page.region };
}
