import * as Data from "effect/Data";

/** Why the journal cannot do what was asked, and what a person can do about it. */
export type JournalProblem =
  | "missing"
  | "read-only"
  | "locked"
  | "foreign"
  | "damaged"
  | "full"
  | "too large"
  | "sync failed"
  | "closed";

/** The one error of the journal port. `words` say what was found and what to do. */
export class JournalError extends Data.TaggedError("JournalError")<{
  readonly problem: JournalProblem;
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}
