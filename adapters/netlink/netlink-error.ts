import * as Data from "effect/Data";

/**
 * What can go wrong between this process and the kernel's netlink:
 * - `unavailable`: no netlink in this process (koffi does not load here); use spawned tools.
 * - `malformed`: bytes that are not what the kernel's headers promise.
 * - `refused`: the kernel answered with an error number.
 * - `system`: a system call failed.
 * - `inconsistent`: what was asked for changed during every attempt to read it.
 * - `too much`: an answer above a limit.
 * - `silent`: the kernel stopped in the middle of an answer.
 */
export type NetlinkProblem =
  | "unavailable"
  | "malformed"
  | "refused"
  | "system"
  | "inconsistent"
  | "too much"
  | "silent";

/** A failure of the netlink adapter. Its words never hold bytes of a message: those hold keys. */
export class NetlinkError extends Data.TaggedError("NetlinkError")<{
  readonly problem: NetlinkProblem;
  readonly words: string;
  /** The positive error number, for `refused` and `system`; else 0. */
  readonly errorNumber: number;
}> {
  override get message(): string {
    return this.words;
  }
}

/** A failure without an error number. */
export function netlinkError(problem: NetlinkProblem, words: string): NetlinkError {
  return new NetlinkError({ problem, words, errorNumber: 0 });
}
