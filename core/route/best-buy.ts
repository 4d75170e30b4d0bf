import { badness, hysteresis, type Preference } from "./preference.ts";
import type { RouteVector } from "./vector.ts";

/** A next hop that might be taken to one destination. */
export interface Candidate {
  /** The neighbour: its node id. Of two that are equal the one with the smaller id is taken. */
  readonly hop: string;
  /** Babel's feasibility condition holds (RFC 8966, section 3.5.1): by it there is no loop. */
  readonly feasible: boolean;
  /** Whether the link to the neighbour answers. */
  readonly alive: boolean;
  /** From here to the destination, or nothing where the neighbour offers none. */
  readonly vector: RouteVector | undefined;
  /** The most that may be paid through this neighbour, in grains a byte. */
  readonly cap: bigint;
}

/** Why a candidate is taken, or is not. */
export type Verdict =
  | "best"
  /** Another one would be better, but not by the margin. */
  | "kept"
  | "not better by the margin"
  | "worse"
  | "infeasible"
  | "silent"
  | "no offer"
  | "beyond the price cap";

/** One candidate, judged. */
export interface Judged {
  readonly verdict: Verdict;
  /** Of what may be taken. */
  readonly badness: bigint | undefined;
}

/** A choice among the candidates to one destination. */
export interface BestBuy {
  /** Index of the candidate that is taken; nothing where none may be. */
  readonly taken: number | undefined;
  /** One for each candidate. */
  readonly judged: readonly Judged[];
}

/** At most so many next hops to one destination are looked at: one for each neighbour. */
export const candidateLimit = 250;

/**
 * The best buy among those that Babel allows, that answer, that offer the destination and whose price
 * is within the cap. Who was taken before stays, unless another one is better by the margin. Same
 * candidates in another order, same choice.
 * @param before the hop that was taken until now.
 */
export function bestBuy(
  candidates: readonly Candidate[],
  before: string | undefined,
  preference: Preference,
): BestBuy {
  const scores = candidates.map((one) =>
    excluded(one) === undefined ? scoreOf(one, preference) : undefined,
  );
  const best = leading(candidates, scores);
  const old = candidates.findIndex(({ hop }, i) => hop === before && scores[i] !== undefined);
  const stays =
    best !== undefined && old >= 0 && old !== best && !beats(scores[best], scores[old], preference);
  const taken = stays ? old : best;
  const judged = candidates.map((candidate, i): Judged => {
    const score = scores[i];
    const why = excluded(candidate);
    if (why !== undefined) return { verdict: why, badness: undefined };
    if (i === taken) return { verdict: stays ? "kept" : "best", badness: score };
    const better = stays && score !== undefined && score < (scores[old] ?? 0n);
    return { verdict: better ? "not better by the margin" : "worse", badness: score };
  });
  return { taken, judged };
}

function excluded({ feasible, alive, vector, cap }: Candidate): Verdict | undefined {
  if (!feasible) return "infeasible";
  if (!alive) return "silent";
  if (vector === undefined) return "no offer";
  return vector.price > cap ? "beyond the price cap" : undefined;
}

function scoreOf({ vector }: Candidate, preference: Preference): bigint | undefined {
  return vector === undefined ? undefined : badness(vector, preference);
}

function leading(
  candidates: readonly Candidate[],
  scores: readonly (bigint | undefined)[],
): number | undefined {
  let best: number | undefined;
  candidates.forEach(({ hop }, i) => {
    const score = scores[i];
    if (score === undefined) return;
    const leader = best === undefined ? undefined : scores[best];
    const ties = score === leader && hop < (candidates[best ?? 0]?.hop ?? "");
    if (leader === undefined || score < leader || ties) best = i;
  });
  return best;
}

function beats(
  score: bigint | undefined,
  other: bigint | undefined,
  preference: Preference,
): boolean {
  if (score === undefined || other === undefined) return other === undefined;
  return score + hysteresis(preference) < other;
}
