import type { Agent } from "#agent/agent/agent.ts";
import { type Factor, neutral } from "#core/quality/evidence.ts";
import { type Factors, factorsTo, type RankTable } from "#core/quality/rank-table.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { measuringCost } from "./measuring-cost.ts";
import { paidBytes } from "./paid-bytes.ts";
import { type PathWatch, pathWatch, type SeenPath } from "./path-watch.ts";
import { type QualityAnswer, qualityAnswer } from "./quality-facts.ts";

/** Ranks of neighbours as next hops, as a choice of ways needs them, and what measuring costs. */
export interface RankBoard {
  /** Measures, where it is time to. @param now milliseconds. */
  readonly look: (now: number, seen: () => readonly SeenPath[]) => void;
  readonly factors: (neighbour: NodeId, destination: string) => Factors;
  /** All ranks in short: as long as it stays, so does the choice. */
  readonly text: () => string;
  /** Counts bytes that were sent to measure a neighbour, or the way to it. */
  readonly spend: (end: NodeId, bytes: bigint) => void;
  readonly answer: () => QualityAnswer;
}

/** Ways are measured so often, in milliseconds: as often as links are probed. */
const pathInterval = 500;

/** A board on which nobody has a rank. */
export function rankBoard(agent: Agent): RankBoard {
  const paths = pathWatch();
  const paid = paidBytes(agent.node);
  const text = rankReader();
  let looked = Number.NEGATIVE_INFINITY;
  const cost = measuringCost();
  const began = performance.now();
  const age = () => performance.now() - began;
  let paidEnds: ReadonlySet<NodeId> = new Set();
  let spent = 0n;
  return {
    look: (now, seen) => {
      if (now - looked < pathInterval) return;
      looked = now;
      const all = seen();
      paths.look(all);
      paidEnds = new Set(all.flatMap(({ end, way }) => (way?.paid === true ? [end] : [])));
      cost.keep(new Set(all.map(({ end }) => end)));
    },
    factors: (neighbour, destination) => factorsTo(paths.table(), neighbour, destination),
    text: () => text(paths),
    spend: (end, bytes) => {
      spent += bytes;
      cost.spend(end, bytes, paidEnds.has(end), age());
    },
    answer: () => {
      const today = (end: NodeId) => cost.of(end, age());
      return qualityAnswer(agent, paths.table(), spent, paid(), today);
    },
  };
}

/** Ranks as text, worked out anew only where something was measured. */
function rankReader(): (paths: PathWatch) => string {
  let [seen, text] = [-1, ""];
  return (paths) => {
    if (paths.change() !== seen) [seen, text] = [paths.change(), rankText(paths.table())];
    return text;
  };
}

/** Ranks in short, to an eighth: a choice is made anew where one of them left its step. */
function rankText(table: RankTable): string {
  const eighths = (factor: Factor) => (factor * 8n) / neutral;
  return [...table]
    .flatMap(([neighbour, ranks]) =>
      [...ranks.keys()].map((destination) => {
        const { loss, delay } = factorsTo(table, neighbour, destination);
        return `${neighbour} ${destination} ${eighths(loss)} ${eighths(delay)}`;
      }),
    )
    .join(",");
}
