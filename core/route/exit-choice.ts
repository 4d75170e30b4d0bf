import { bestBuy, type Candidate, type Verdict } from "./best-buy.ts";
import type { Preference } from "./preference.ts";

/** An exit that might be taken. */
export interface ExitCandidate extends Omit<Candidate, "feasible"> {
  /** Bytes that others have yet to carry before it is tried again; 0 where nothing keeps it back. */
  readonly rest: bigint;
}

/** Why an exit is taken, or is not. */
export type ExitVerdict =
  | Exclude<Verdict, "infeasible">
  /** It failed, and is left alone for a while. */
  | "resting"
  /** It failed, and there is no other. */
  | "taken for want of another";

/** A choice among exits. */
export interface ExitChoice {
  /** Index of the exit that is taken; nothing where none may be. */
  readonly taken: number | undefined;
  /** One for each candidate. */
  readonly judged: readonly {
    readonly verdict: ExitVerdict;
    readonly badness: bigint | undefined;
  }[];
}

/** At most so many exits are looked at; further ones are not there. */
export const exitLimit = 64;

/**
 * The best buy among exits that answer, have a tariff within the cap and do not rest. Where all of
 * those that could be taken rest, the one that has rested most is taken: a client is never without an
 * exit because of what it remembers.
 * @param before the exit that was taken until now: another one must be better by the margin.
 */
export function exitChoice(
  candidates: readonly ExitCandidate[],
  before: string | undefined,
  preference: Preference,
): ExitChoice {
  const known = candidates.slice(0, exitLimit);
  const open = known.map((one) => ({ ...one, feasible: one.rest === 0n }));
  const first = bestBuy(open, before, preference);
  const wanting = first.taken === undefined ? leastResting(known) : undefined;
  const judged = first.judged.map(({ verdict, badness }, i): ExitChoice["judged"][number] => {
    if (i === wanting) return { verdict: "taken for want of another", badness };
    return { verdict: verdict === "infeasible" ? "resting" : verdict, badness };
  });
  return { taken: first.taken ?? wanting, judged };
}

function leastResting(candidates: readonly ExitCandidate[]): number | undefined {
  let best: number | undefined;
  candidates.forEach(({ alive, vector, cap, rest, hop }, i) => {
    if (!alive || vector === undefined || vector.price > cap) return;
    const leader = best === undefined ? undefined : candidates[best];
    const sooner = leader === undefined || rest < leader.rest;
    if (sooner || (rest === leader.rest && hop < leader.hop)) best = i;
  });
  return best;
}
