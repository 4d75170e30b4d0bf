/** What was going on when the power failed. */
export type Moment = "attach" | "mount" | "open" | "append";

/** What a journal holds, compared with what was acknowledged. */
export interface Comparison {
  /** The last commit that is there. */
  readonly last: number;
  readonly lost: number;
  /** Commits that are not what was appended in their place, or out of order. */
  readonly wrong: number;
  readonly damage: readonly string[];
}

/** What a machine says when a journal was looked at after a power cut, or after some in a row. */
export interface CutReport {
  /** Of each cut since the journal was looked at before. */
  readonly during: readonly Moment[];
  /** The last commit that was acknowledged by then. */
  readonly acknowledged: number;
  readonly found?: Comparison;
  /** Why the file system or the journal did not start again, in their own words. */
  readonly failedStart?: string;
}
