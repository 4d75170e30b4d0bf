import type * as Layer from "effect/Layer";
import { directoryDisk } from "./directory-disk.ts";
import type { Journal } from "./journal.ts";
import type { JournalError } from "./journal-error.ts";
import { journalOn } from "./journal-service.ts";
import type { JournalOptions } from "./open-journal.ts";
import { exportSegments } from "./segment-copies.ts";

/** Where a journal lives, and its limits. */
export interface FileJournalOptions extends JournalOptions {
  readonly directory: string;
  /** Where complete segments are copied before they are removed; nothing: they are gone then. */
  readonly archiveDirectory?: string | undefined;
}

/**
 * The journal in a directory of its own (0700), one writer at a time. Opening cuts a torn tail,
 * puts single flipped bits right (the damaged segment is kept beside) and refuses anything worse.
 */
export const fileJournal = (options: FileJournalOptions): Layer.Layer<Journal, JournalError> =>
  journalOn(options.directory, () => directoryDisk(options.directory), {
    ...options,
    ...(options.archiveDirectory === undefined
      ? {}
      : { archive: () => exportSegments(options.directory, options.archiveDirectory ?? "") }),
  });
