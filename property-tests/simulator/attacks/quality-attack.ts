import { afterTraffic, emptyTable, factorsTo, withMeasurement } from "#core/quality/rank-table.ts";
import { attenuationOf, clear, lossPpmOf } from "#core/route/attenuation.ts";
import { believedQuality } from "#core/route/believed-quality.ts";
import { bestBuy, type Candidate } from "#core/route/best-buy.ts";
import type { Preference } from "#core/route/preference.ts";
import { along, type RouteVector } from "#core/route/vector.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type Scenario, type ScenarioNode, shareScale } from "../scenario/scenario.ts";
import type { Outcome } from "./attack.ts";

/** What a buyer makes of what neighbours advertise. */
export interface Ranking {
  /** What is believed of a way, as advertised together with the link. */
  readonly believed: (hop: NodeId, way: RouteVector) => RouteVector;
  /** So much was sent by it, and lost, measured end to end; and what was advertised. */
  readonly note: (hop: NodeId, sent: bigint, lost: bigint, way: RouteVector) => void;
}

/** Believes whatever is said: routing without ranks. */
export const believing = (): Ranking => ({ believed: (_, way) => way, note: () => undefined });

/** The ranks that ship, as the agent keeps them. */
export function shippedRanking(): Ranking {
  let table = emptyTable;
  return {
    believed: (hop, way) => believedQuality(way, factorsTo(table, hop, destination)),
    note: (neighbour, sent, lost, way) => {
      const advertised = { loss: lossPpmOf(way.attenuation), delay: way.delay };
      const measured = { neighbour, destination, sent, lost, delay: undefined, advertised };
      table = withMeasurement(afterTraffic(table, sent), measured);
    },
  };
}

/** Of the only flow: whatever its name is. */
const destination = "destination";

/** Quality above all, as somebody who calls by video would have it. */
const preference: Preference = { price: 1n, loss: 4n, delay: 0n, margin: 10n };

const pieces = 200n;

/** One way to the destination: over this neighbour. */
interface Hop {
  /** As routing and ranks call it. */
  readonly id: NodeId;
  readonly node: ScenarioNode;
  readonly own: RouteVector;
  readonly said: RouteVector;
  /** What is really lost on the way, in parts of {@link shareScale}. */
  readonly lost: bigint;
}

/**
 * T22: whoever says better than it delivers is paid for what it was sent, and no more: F of the bytes.
 * How much that becomes is bounded by the rank of measured quality; without one it lasts as long as
 * somebody sends.
 */
export function overclaiming(scenario: Scenario, ranking: Ranking = shippedRanking()): Outcome {
  const [flow] = scenario.flows;
  if (flow === undefined) throw new Error("nobody sends anything");
  const hops = hopsOf(scenario, flow.from, flow.to);
  const sent = new Map<string, bigint>();
  const sentBy = (id: string): bigint => sent.get(id) ?? 0n;
  const piece = flow.bytes / pieces;
  let before: string | undefined;
  for (let i = 0n; i < pieces; i++) {
    const ways = hops.map(({ own, said }) => along(own, said));
    const candidates = hops.map(({ id }, at): Candidate => {
      const vector = ranking.believed(id, ways[at] as RouteVector);
      return { hop: id, feasible: true, alive: true, vector, cap: 1n << 60n };
    });
    const best = bestBuy(candidates, before, preference).taken ?? -1;
    const [taken, way] = [hops[best], ways[best]];
    if (taken === undefined || way === undefined) throw new Error("there is no way");
    before = taken.id;
    sent.set(before, sentBy(before) + piece);
    ranking.note(taken.id, piece, (piece * taken.lost) / BigInt(shareScale), way);
  }
  return outcomeOf(hops, sentBy);
}

function hopsOf({ nodes, links }: Scenario, from: string, to: string): readonly Hop[] {
  const lossBetween = (one: string, other: string) =>
    links.find(({ a, b }) => (a === one && b === other) || (a === other && b === one))?.loss;
  return nodes.flatMap((node): readonly Hop[] => {
    const [near, far] = [lossBetween(from, node.id), lossBetween(node.id, to)];
    if (near === undefined || far === undefined) return [];
    const part = (loss: number) => attenuationOf(BigInt(Math.round(loss / 1000)));
    const lies = node.behaviour === "overclaims";
    const said = { price: node.price, attenuation: lies ? clear : part(far), delay: 0n };
    const kept = (BigInt(shareScale - near) * BigInt(shareScale - far)) / BigInt(shareScale);
    const own = { price: 0n, attenuation: part(near), delay: 0n };
    return [{ id: node.id as NodeId, node, own, said, lost: BigInt(shareScale) - kept }];
  });
}

/** What was lost beyond what the best honest way would have lost, at the price that was paid for it. */
function outcomeOf(hops: readonly Hop[], sentBy: (id: string) => bigint): Outcome {
  const honest = hops.filter(({ node }) => node.behaviour === "honest");
  const least = honest.reduce((best, { lost }) => (lost < best ? lost : best), BigInt(shareScale));
  let [gain, loss, bound, sent] = [0n, 0n, 0n, 0n];
  for (const { id, node, lost } of hops) {
    if (node.behaviour === "honest") continue;
    const through = sentBy(id);
    gain += node.price * through;
    bound += node.price * through;
    loss += (node.price * through * (lost - least)) / BigInt(shareScale);
    sent += through;
  }
  const all = hops.reduce((sum, { id }) => sum + sentBy(id), 0n);
  return { gain, loss, bound, cost: 0n, told: `${sent} of ${all} bytes went by it` };
}
