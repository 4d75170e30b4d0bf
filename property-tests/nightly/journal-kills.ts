import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writerProcess } from "../journal/writer-process.ts";
import { aftermath, seeded } from "./acknowledged.ts";

/** What came of killing a writer again and again (G1). */
export interface KillTally {
  readonly kills: number;
  readonly commits: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damaged: number;
}

/** So many lives of writers share a journal before a new one is begun. */
const livesPerJournal = 100;

/**
 * Starts a real writer, kills it with SIGKILL at a moment that the seed chooses, reads what it left,
 * and again. The kernel decides what a process got done by then: a seed repeats the moments, not the
 * bytes.
 */
export async function killWriters(
  kills: number,
  seed: number,
  progress: (done: number) => void,
): Promise<KillTally> {
  const next = seeded(seed);
  const tally = { kills: 0, commits: 0, lost: 0, wrong: 0, damaged: 0 };
  while (tally.kills < kills) {
    const directory = mkdtempSync(join(tmpdir(), "meshtoll-kills-"));
    try {
      let acknowledged = 0;
      for (let life = 0; life < livesPerJournal && tally.kills < kills; life++) {
        const writer = writerProcess(directory, "write");
        const first = await writer.line();
        if (first !== `open ${acknowledged}`) tally.damaged += 1;
        await sleep(next(12));
        acknowledged = Number((await writer.kill()).at(-1) ?? acknowledged);
        const found = aftermath(directory, acknowledged);
        tally.kills += 1;
        tally.commits += found.commits - Math.min(found.commits, acknowledged);
        tally.lost += found.lost;
        tally.wrong += found.wrong;
        tally.damaged += found.damaged ? 1 : 0;
        acknowledged = found.commits;
        progress(tally.kills);
      }
      tally.commits += acknowledged;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return tally;
}
