import type { CommitReader } from "./commit-reader.ts";
import type { Disk, DiskView } from "./disk.ts";
import type { Snapshot } from "./journal.ts";
import { diskError, JournalError } from "./journal-error.ts";
import { slotNames, unfinishedName } from "./journal-file-name.ts";
import { encodeSlot, readSlot, type Slot, slotHead, snapshotLimit } from "./snapshot-slot.ts";

/** Keeps a snapshot in the slot that holds the older one, or none. @throws JournalError */
export async function keepSnapshot(
  disk: Disk,
  reader: CommitReader,
  { sequence, payload }: Snapshot,
  last: number,
): Promise<void> {
  if (payload.length === 0 || payload.length > snapshotLimit) {
    throw new JournalError({
      problem: "too large",
      words: `a snapshot of ${payload.length} bytes; allowed are 1 to ${snapshotLimit}`,
    });
  }
  if (sequence < 1n || sequence > BigInt(last)) {
    throw new JournalError({
      problem: "misconfigured",
      words: `a snapshot of commit ${sequence}; the journal holds 1 to ${last}`,
    });
  }
  const frame = reader.frame(Number(sequence), last);
  const slot = encodeSlot({ sequence: Number(sequence), frameCrc: frame?.crc ?? 0, payload });
  const newest = chainedSlots(disk, reader, last)[0];
  const name = newest?.name === slotNames[0] ? slotNames[1] : slotNames[0];
  try {
    await disk.create(unfinishedName(name), slot);
    await disk.rename(unfinishedName(name), name);
    await disk.syncNames();
  } catch (error) {
    await disk.remove(unfinishedName(name)).catch(() => undefined);
    throw diskError(disk.place, "keep a snapshot", error);
  }
}

/** The newest snapshot that is whole and of this chain; nothing where neither slot is. */
export function latestSnapshot(
  disk: DiskView,
  reader: CommitReader,
  last: number,
): Snapshot | undefined {
  const newest = chainedSlots(disk, reader, last)[0]?.slot;
  if (newest === undefined) return undefined;
  return { sequence: BigInt(newest.sequence), payload: newest.payload };
}

interface NamedSlot {
  readonly name: string;
  readonly slot: Slot;
}

/** Whole slots of this chain, newest first. */
function chainedSlots(disk: DiskView, reader: CommitReader, last: number): readonly NamedSlot[] {
  return slotNames
    .flatMap((name) => {
      const slot = slotIn(disk, name);
      return slot === undefined ? [] : [{ name, slot }];
    })
    .filter(({ slot }) => reader.frame(slot.sequence, last)?.crc === slot.frameCrc)
    .sort((a, b) => b.slot.sequence - a.slot.sequence);
}

function slotIn(disk: DiskView, name: string): Slot | undefined {
  try {
    return readSlot(disk.read(name, slotHead + snapshotLimit));
  } catch {
    return undefined; // a cache that cannot be read is none
  }
}
