import { readCommits, verifyJournal } from "#adapters/journal/journal-files.ts";
import { numberedCommit } from "../journal/numbered-commit.ts";

/** What a journal holds after something was done to its writer. */
export interface Aftermath {
  readonly commits: number;
  /** Acknowledged commits that are not there. */
  readonly lost: number;
  /** Commits that are not what was appended in their place. */
  readonly wrong: number;
  readonly damaged: boolean;
}

/** Reads every commit of a journal of numbered commits, and compares. */
export function aftermath(directory: string, acknowledged: number): Aftermath {
  const { damage } = verifyJournal(directory);
  let commits = 0;
  let wrong = 0;
  if (damage.length === 0) {
    for (const { payload } of readCommits(directory)) {
      commits += 1;
      if (Buffer.compare(payload, numberedCommit(commits)) !== 0) wrong += 1;
    }
  }
  const lost = Math.max(0, acknowledged - commits);
  return { commits, lost, wrong, damaged: damage.length > 0 };
}

/** Numbers that a seed fixes. */
export function seeded(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
