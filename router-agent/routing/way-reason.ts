import type { BestBuy, Verdict } from "#core/route/best-buy.ts";
import { log2 } from "#core/route/logarithm.ts";
import { badnessParts, type Preference } from "#core/route/preference.ts";
import type { RouteVector } from "#core/route/vector.ts";
import type { Choice } from "./route-choice.ts";

/** Why a way may not be taken at all. */
const excluded: Readonly<Partial<Record<Verdict, string>>> = {
  infeasible: "not feasible for Babel: it might lead in a circle",
  silent: "the neighbour does not answer",
  "no offer": "the neighbour offers no way there",
  "beyond the price cap": "costs more than may be paid",
};

/** Parts of a way that differ by less than a twentieth are about the same. */
const telling = log2(105n) - log2(100n);

const parts = [
  { part: "price", better: "lower price", worse: "higher price" },
  { part: "loss", better: "less loss", worse: "more loss" },
  { part: "delay", better: "less delay", worse: "more delay" },
] as const;

/**
 * Why a way to a destination is taken, or is not, in words for people: what it has that its rival has not, by
 * weight. The rival of the one that is taken is the best of the others, that of all others is the one taken.
 * @param index of the way. @param nameOf a neighbour's name.
 */
export function wayReason(
  { ways, buy, preference }: Choice,
  index: number,
  nameOf: (id: string) => string,
): string {
  const verdict = buy.judged[index]?.verdict;
  if (verdict === undefined) return "";
  const never = excluded[verdict];
  if (never !== undefined) return never;
  const rival = ways[index === buy.taken ? (bestOther(buy, index) ?? -1) : (buy.taken ?? -1)];
  const own = ways[index]?.candidate.vector;
  const other = rival?.candidate.vector;
  if (rival === undefined || own === undefined || other === undefined) {
    return "the only one that may be taken";
  }
  const name = nameOf(rival.hop.id);
  switch (verdict) {
    case "best":
      return `the best that may be taken: ${compared(own, other, preference, `by ${name}`)}`;
    case "kept":
      return `taken before, and the way by ${name} is not better by the margin`;
    case "not better by the margin":
      return `better, but not by the margin: ${compared(own, other, preference)}`;
    default:
      return `worse: ${compared(own, other, preference)}`;
  }
}

/** Of all others that may be taken the one with the smallest badness. */
function bestOther({ judged }: BestBuy, index: number): number | undefined {
  let best: number | undefined;
  judged.forEach(({ badness }, i) => {
    if (i === index || badness === undefined) return;
    const least = best === undefined ? undefined : judged[best]?.badness;
    if (least === undefined || badness < least) best = i;
  });
  return best;
}

/** What one way has that another has not: what decided first, what speaks against it last. */
function compared(one: RouteVector, other: RouteVector, wanted: Preference, whom?: string): string {
  const own = badnessParts(one, wanted);
  const its = badnessParts(other, wanted);
  const differing = parts
    .map(({ part, ...words }) => ({ ...words, by: its[part] - own[part], least: wanted[part] }))
    .filter(({ by, least }) => size(by) > least * telling)
    .sort((a, b) => Number(size(b.by) - size(a.by)));
  const better = differing.filter(({ by }) => by > 0n).map((one) => one.better);
  const worse = differing.filter(({ by }) => by < 0n).map((one) => one.worse);
  // The taken one is told with its advantages first, one that is not with what it lacks.
  const [first, last] = whom === undefined && worse.length > 0 ? [worse, better] : [better, worse];
  // Many small advantages may outweigh one that is told.
  if (first.length === 0)
    return whom === undefined ? "about the same" : `about the same as ${whom}`;
  const than = whom === undefined ? "" : ` than ${whom}`;
  return `${listed(first)}${than}${last.length === 0 ? "" : `, though ${listed(last)}`}`;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** As a person writes a list. */
function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
