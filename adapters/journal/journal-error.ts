import * as Data from "effect/Data";

/** Why the journal cannot do what was asked. A closed list: switches over it are exhaustive. */
export type JournalProblem =
  /** There is no journal directory. */
  | "missing"
  /** The directory, or what the journal became after a failed write, takes no more commits. */
  | "read-only"
  /** Another live process, `pid`, writes this journal. */
  | "locked"
  /** The directory is not a journal's, or of a later program's. */
  | "foreign"
  /** What had been durable cannot be read, in `segment` at `offset`. */
  | "damaged"
  /** The limit, or the disk, is reached. Nothing of what was asked was written. */
  | "full"
  /** A commit, snapshot or request is larger than allowed, or empty. */
  | "too large"
  /** The disk failed, and so did the second try on a new segment. */
  | "sync failed"
  /** The memory of this process is not what it was: open the journal again. */
  | "flipped"
  /** Sizes that no journal can have. */
  | "misconfigured"
  /** The scope of the journal has ended. */
  | "closed";

/** The one error of the journal port. `words` say what was found and what to do. */
export class JournalError extends Data.TaggedError("JournalError")<{
  readonly problem: JournalProblem;
  readonly words: string;
  /** Who holds the lock. */
  readonly pid?: number;
  /** The damaged file. */
  readonly segment?: string;
  /** The byte in it where reading ended. */
  readonly offset?: number;
}> {
  override get message(): string {
    return this.words;
  }
}

/** An error of the file system as one of the journal's. @param doing completes "could not ...". */
export function diskError(place: string, doing: string, error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? String(error);
  const words = `could not ${doing} in ${place} (${code}): `;
  switch (code) {
    case "ENOENT":
      return new JournalError({
        problem: "missing",
        words: `${words}it is not there; check the configured directory, or create it`,
      });
    case "ENOTDIR":
    case "EEXIST":
    case "EISDIR":
    case "ELOOP":
      return new JournalError({
        problem: "foreign",
        words: `${words}something else has that name; give the journal a directory of its own`,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new JournalError({
        problem: "read-only",
        words: `${words}check its owner, its mode and how the file system is mounted`,
      });
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new JournalError({
        problem: "full",
        words: `${words}free some space on that disk, or move the journal to a larger one`,
      });
    default:
      return new JournalError({
        problem: "sync failed",
        words: `${words}the disk may be failing; look at the kernel's log`,
      });
  }
}
