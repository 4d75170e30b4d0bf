import * as Data from "effect/Data";

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
export function isRebuildable(error: unknown): error is IndexError {
  return error instanceof IndexError && ["damaged", "foreign"].includes(error.problem);
}

/** An error of the store as one of the index's. @param doing completes "could not ...". */
export function storeError(place: string, doing: string, error: unknown): IndexError {
  if (error instanceof IndexError) return error;
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  const inner = ((cause ?? {}) as { readonly code?: unknown }).code ?? code ?? String(error);
  const words = `could not ${doing} in ${place} (${String(inner)})`;
  switch (inner) {
    case "LEVEL_CORRUPTION":
      return new IndexError({ problem: "damaged", words });
    case "LEVEL_LOCKED":
      return new IndexError({ problem: "locked", words: `${words}: another process has it open` });
    default:
      return new IndexError({ problem: "unusable", words });
  }
}
