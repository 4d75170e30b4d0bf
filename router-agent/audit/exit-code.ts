import type { Verdict } from "./examination.ts";

/** What the exit codes of the audit program mean. */
export const exitCodes: Readonly<Record<Verdict | "usage", number>> = {
  agree: 0,
  disagree: 1,
  damaged: 2,
  usage: 3,
};

/** The worst of several verdicts: damage before disagreement, because it hides what else is wrong. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("damaged")) return "damaged";
  return verdicts.includes("disagree") ? "disagree" : "agree";
}
