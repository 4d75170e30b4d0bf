/** What one check found. */
export interface Diagnosis {
  /** What was looked at, in a word or two. */
  readonly subject: string;
  /** Only what is wrong makes the exit code 1; a notice is worth knowing. */
  readonly verdict: "fine" | "notice" | "wrong";
  readonly words: string;
  /** What to do; nothing where all is well. */
  readonly advice: string | undefined;
}

/** All is well, and how. */
export function fine(subject: string, words: string): Diagnosis {
  return { subject, verdict: "fine", words, advice: undefined };
}

/** Worth knowing, and what to do about it. */
export function notice(subject: string, words: string, advice: string): Diagnosis {
  return { subject, verdict: "notice", words, advice };
}

/** Wrong, and what to do about it. */
export function wrong(subject: string, words: string, advice: string): Diagnosis {
  return { subject, verdict: "wrong", words, advice };
}
