import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryView } from "#adapters/journal/directory-disk.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { commitFormats } from "#core/journal/commit.ts";
import { ledgerFold } from "#core/journal/ledger-fold.ts";
import { writeYears, yearsOfReadings } from "./years-of-readings.ts";

/** How fast a journal of readings becomes a ledger (G6), in one thread. */
export interface ReplayBench {
  readonly events: number;
  /** Bytes of one event in a commit, with the leases and payments among the readings. */
  readonly bytesPerEvent: number;
  /** Commits of readings in memory, folded. */
  readonly rawReadingsPerSecond: number;
  /** All commits in memory, folded: among the readings a lease and a payment every thousand. */
  readonly rawEventsPerSecond: number;
  /** From files in the page cache: checksums, hashes, seals and chain, and the fold. */
  readonly verifiedEventsPerSecond: number;
  /** What this machine copies in memory, bytes a second, and how many such events that would be. */
  readonly memoryBytesPerSecond: number;
  readonly memoryEventsPerSecond: number;
  readonly targets: { readonly raw: number; readonly verified: number };
  /** Bytes of this process, resident. */
  readonly rss: number;
}

const years = { neighbours: 100, readings: 10_000 } as const;

/** @param rounds the best counts: what else the machine does meanwhile is not the journal's. */
export async function benchReplay(rounds = 15): Promise<ReplayBench> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-replay-"));
  try {
    const directory = join(home, "journal");
    await writeYears(directory, years);
    const commits = [...yearsOfReadings(years)];
    const bytes = commits.reduce((sum, { length }) => sum + length, 0);
    const blocks = commits.filter((commit) => commit[1] === commitFormats.compact);
    const events = folded(commits);
    const raw = best(rounds, () => void folded(commits));
    const readings = folded(blocks) / best(rounds, () => void folded(blocks));
    const verified = best(rounds, () => {
      const fold = ledgerFold();
      for (const look of scan(directoryView(directory), "oldest", true)) {
        if (look.type !== "segment") throw new Error("the bench's own journal is damaged");
        for (const { payload } of look.segment.frames) fold.add(payload);
      }
      fold.ledger();
    });
    const [from, to] = [Buffer.alloc(64 << 20, 1), Buffer.alloc(64 << 20)];
    const copied = from.length / best(rounds, () => from.copy(to));
    return {
      events,
      bytesPerEvent: Math.round((10 * bytes) / events) / 10,
      rawReadingsPerSecond: Math.round(readings),
      rawEventsPerSecond: Math.round(events / raw),
      verifiedEventsPerSecond: Math.round(events / verified),
      memoryBytesPerSecond: Math.round(copied),
      memoryEventsPerSecond: Math.round((copied * events) / bytes),
      targets: { raw: 60_000_000, verified: 16_000_000 },
      rss: process.memoryUsage().rss,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** How many events there were. */
function folded(commits: readonly Uint8Array[]): number {
  const fold = ledgerFold();
  for (const commit of commits) fold.add(commit);
  fold.ledger();
  return fold.events();
}

/** Seconds of the quickest of several runs. */
function best(rounds: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const began = process.hrtime.bigint();
    work();
    least = Math.min(least, Number(process.hrtime.bigint() - began) / 1e9);
  }
  return least;
}
