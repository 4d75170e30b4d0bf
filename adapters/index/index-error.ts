import * as Data from "effect/Data";
import { Malformed } from "#core/identity/canonical-reader.ts";

/** Why the index cannot do what was asked. None of them is ever the journal's trouble. */
export type IndexProblem =
  /** A value, or the store itself, is not what was written: make the index anew. */
  | "damaged"
  /** It is another journal's, or a later program's: make the index anew. */
  | "foreign"
  /** Another process has it open. */
  | "locked"
  /** The package `level`, or its part for this processor, does not load here. */
  | "unavailable"
  /** The store refused to be read or written: a full disk, rights, a failing disk. */
  | "unusable"
  /** Its scope has ended. */
  | "closed";

/** The one error of the index port. `words` say what was found and what happens then. */
export class IndexError extends Data.TaggedError("IndexError")<{
  readonly problem: IndexProblem;
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** Whether making the index anew from the journal helps. */
export function isRebuildable(error: unknown): boolean {
  return error instanceof IndexError && ["damaged", "foreign"].includes(error.problem);
}

/** What a store that is whole may say too: the disk, its owner or the machine is at fault. */
const outside =
  /No space left|quota exceeded|File too large|Permission denied|Operation not permitted|Read-only file system|Input\/output error|Too many open files/i;

/**
 * An error of the store as one of the index's. Whatever says that files are missing, cut or not what
 * they should be means that the store is damaged. @param doing completes "could not ...".
 */
export function storeError(place: string, doing: string, error: unknown): IndexError {
  if (error instanceof IndexError) return error;
  if (error instanceof Malformed) {
    return new IndexError({ problem: "damaged", words: `${error.message} in ${place}` });
  }
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  const inner = ((cause ?? {}) as { readonly code?: unknown }).code ?? code ?? String(error);
  const said = String((cause as { readonly message?: unknown } | undefined)?.message ?? error);
  const words = `could not ${doing} in ${place} (${String(inner)})`;
  switch (inner) {
    case "LEVEL_CORRUPTION":
      return new IndexError({ problem: "damaged", words });
    case "LEVEL_LOCKED":
      return new IndexError({ problem: "locked", words: `${words}: another process has it open` });
    case "LEVEL_IO_ERROR": {
      const reason = outside.exec(said)?.[0];
      if (reason === undefined) return new IndexError({ problem: "damaged", words });
      return new IndexError({ problem: "unusable", words: `${words}: ${reason}` });
    }
    default:
      return new IndexError({ problem: "unusable", words });
  }
}
