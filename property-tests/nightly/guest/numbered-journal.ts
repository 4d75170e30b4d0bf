import { directoryDisk, directoryView } from "#adapters/journal/directory-disk.ts";
import type { Disk } from "#adapters/journal/disk.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { verifyDisk } from "#adapters/journal/journal-report.ts";
import { type OpenJournal, openJournal } from "#adapters/journal/open-journal.ts";
import { numberedCommit } from "../../journal/numbered-commit.ts";
import type { Comparison } from "../cut-report.ts";

/** Small, so that it begins anew often, and history is removed while the power may fail. */
const limit = 512 * 1024;

/** When to begin anew. */
const nearlyFull = 3 * 64 * 1024;

/**
 * Opens the journal of a directory. One process uses it, life after life: no lock is needed.
 * @param syncs whether its disk does what it is told; one that does not must be found out.
 */
export function openNumbered(directory: string, syncs = true): Promise<OpenJournal> {
  const real = directoryDisk(directory);
  const disk = syncs ? real : withoutSyncs(real);
  const options = { segmentSize: 64 * 1024, limit };
  return openJournal({ ...disk, lock: () => () => undefined }, options);
}

/** A disk that says of what is written in place that it is durable at once. */
function withoutSyncs(disk: Disk): Disk {
  const sync = async (): Promise<void> => undefined;
  return { ...disk, open: async (name) => ({ ...(await disk.open(name)), sync }) };
}

/** Appends the next few commits durably; begins anew before it is full. Returns the last one. */
export async function appendNumbered(journal: OpenJournal, last: number): Promise<number> {
  if (journal.stat().bytes > nearlyFull) {
    await journal.restate([numberedCommit(last + 1)]);
    return last + 1;
  }
  const group = Array.from({ length: 1 + (last % 3) }, (_, i) => numberedCommit(last + 1 + i));
  return Number(await journal.append(group));
}

/** Reads the journal of a directory without changing it. */
export function compareNumbered(directory: string, acknowledged: number): Comparison {
  let last = 0;
  let wrong = 0;
  const damage = verifyDisk(directoryView(directory)).damage.map(({ words }) => words);
  if (damage.length === 0) {
    for (const { sequence, payload } of readCommits(directory)) {
      const number = Number(sequence);
      if (last > 0 && number !== last + 1) wrong += 1;
      if (Buffer.compare(payload, numberedCommit(number)) !== 0) wrong += 1;
      last = number;
    }
  }
  return { last, lost: Math.max(0, acknowledged - last), wrong, damage };
}
