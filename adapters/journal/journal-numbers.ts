import { directoryView } from "./directory-disk.ts";
import { JournalError } from "./journal-error.ts";
import { damagedJournal, scan } from "./segment-scan.ts";

/** A journal at rest in numbers. */
export interface JournalNumbers {
  readonly segments: number;
  /** Segments to which nothing will be added. */
  readonly sealed: number;
  readonly bytes: bigint;
  /** The first commit that is still there, and the last one; 0 where there is none. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads a journal's headers and frames, from the oldest that is there. @throws JournalError */
export function journalNumbers(directory: string): JournalNumbers {
  const found = { segments: 0, sealed: 0, bytes: 0n, first: 0n, last: 0n };
  for (const look of scan(directoryView(directory), "oldest")) {
    if (look.type === "damage") throw damagedJournal(look.damage);
    if (look.type === "unused") continue;
    const { header, frames, sealed } = look.segment;
    if (found.segments === 0) found.first = BigInt(header.firstSequence);
    found.segments += 1;
    found.sealed += sealed ? 1 : 0;
    found.bytes += BigInt(header.size);
    found.last = BigInt(header.firstSequence + frames.length - 1);
  }
  if (found.segments > 0) return found;
  throw new JournalError({ problem: "missing", words: `${directory} holds no journal` });
}
