/** What the exit codes of every command mean. */
export const exitCodes = {
  /** Done; for `run`: ended as it was told to, everything cleaned up. */
  done: 0,
  /** A check found something wrong: events against the rules, a demo that failed. */
  wrong: 1,
  /** A journal that cannot be read whole. */
  damaged: 2,
  /** Not done: bad usage, refused configuration, no agent, no permission. Words on stderr. */
  refused: 3,
  /** Ended by a signal before it was done. */
  interrupted: 130,
} as const;
