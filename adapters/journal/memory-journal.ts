import type * as Layer from "effect/Layer";
import type { Journal } from "./journal.ts";
import type { JournalError } from "./journal-error.ts";
import { journalOn } from "./journal-service.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import type { JournalOptions } from "./open-journal.ts";
import { segmentSizes } from "./segment.ts";

export { type MemoryDisk, memoryDisk } from "./memory-disk.ts";

/**
 * The journal in memory: the same segments, frames and rules as in a directory, on a disk that can
 * fail. For tests and the demo without root; lives as long as the disk object.
 */
export const memoryJournal = (
  disk: MemoryDisk,
  options: JournalOptions = {},
): Layer.Layer<Journal, JournalError> =>
  journalOn(disk.place, () => disk, { segmentSize: segmentSizes.least, ...options });
