import { type MemoryDisk, memoryDisk } from "#adapters/journal/memory-disk.ts";
import {
  type JournalOptions,
  type OpenJournal,
  openJournal,
} from "#adapters/journal/open-journal.ts";
import { commitOf } from "../contracts/journal-contract.ts";

/** Small segments, so that a test fills several. */
export const smallSegments: JournalOptions = { segmentSize: 64 * 1024 };

/** A disk in memory with a closed journal on it. */
export interface KeptJournal {
  readonly disk: MemoryDisk;
  /** How many commits it holds: {@link commitOf} 1, 2, ... of the lengths given. */
  readonly lengths: readonly number[];
}

/** A journal with commits of these lengths, each synced by itself. */
export async function keptJournal(lengths: readonly number[]): Promise<KeptJournal> {
  const disk = memoryDisk();
  const journal = await openJournal(disk, smallSegments);
  for (const [i, length] of lengths.entries()) await journal.append([commitOf(i + 1, length)]);
  await journal.close();
  return { disk, lengths };
}

/**
 * A journal whose segments hold only these few commits each: the disk fails at the end of every one
 * but the last, so that the next one is begun early.
 */
export async function shortSegments(
  segments: readonly (readonly number[])[],
): Promise<KeptJournal> {
  const disk = memoryDisk();
  const journal = await openJournal(disk, smallSegments);
  let count = 0;
  for (const [i, lengths] of segments.entries()) {
    if (i > 0) disk.fail({ operation: "sync", code: "EIO" });
    for (const length of lengths) {
      count += 1;
      await journal.append([commitOf(count, length)]);
    }
  }
  await journal.close();
  return { disk, lengths: segments.flat() };
}

/** Another disk with the same files. */
export async function copyOf(disk: MemoryDisk): Promise<MemoryDisk> {
  const copy = memoryDisk();
  for (const name of disk.list()) {
    await copy.create(name, disk.read(name, Number.MAX_SAFE_INTEGER));
  }
  await copy.syncNames();
  return copy;
}

/** Every payload of an open journal, first to last. */
export function payloadsOf(journal: OpenJournal): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at: bigint | undefined = 1n; at !== undefined; ) {
    const page = journal.page(at);
    all.push(...page.commits.map(({ payload }) => payload));
    at = page.next;
  }
  return all;
}

/** How many commits of these lengths the payloads are, exactly and from the first on; else throws. */
export function prefixLength(payloads: readonly Uint8Array[], lengths: readonly number[]): number {
  for (const [i, payload] of payloads.entries()) {
    const wanted = commitOf(i + 1, lengths[i] ?? 0);
    if (Buffer.compare(payload, wanted) === 0) continue;
    throw new Error(`commit ${i + 1} is not what was appended`);
  }
  return payloads.length;
}
