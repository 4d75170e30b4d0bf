import type { NodeId } from "#core/units/node-id.ts";
import {
  delayMeasure,
  delayWeight,
  type Evidence,
  type Factor,
  factorOf,
  faded,
  lossMeasure,
  neutral,
  noEvidence,
  withFinding,
} from "./evidence.ts";

/** What was measured through one neighbour to one destination, against what it advertised. */
export interface Rank {
  readonly loss: Evidence;
  readonly delay: Evidence;
}

/** How much worse than advertised a neighbour is taken to be, part by part. */
export interface Factors {
  readonly loss: Factor;
  readonly delay: Factor;
}

/**
 * Ranks of neighbours as next hops: by destination, where something was measured. Made of what we
 * measured ourselves together with the far end, never of what the neighbour says of itself. It may
 * be lost at any moment, and nothing that is billed knows of it.
 */
export type RankTable = ReadonlyMap<NodeId, ReadonlyMap<string, Rank>>;

/** Nobody is ranked. */
export const emptyTable: RankTable = new Map();

/** The most neighbours that are ranked: beyond it the one of which least is known goes. */
export const rankedNeighbours = 250;

/** The most destinations of each: likewise. */
export const rankedDestinations = 64;

/** Values of a way: loss in parts per million, delay one way in microseconds. */
export interface Quality {
  readonly loss: bigint;
  readonly delay: bigint;
}

/** One measurement, end to end, through a neighbour. */
export interface PathMeasurement {
  readonly neighbour: NodeId;
  /** A prefix, or the node id of an exit. */
  readonly destination: string;
  /** Bytes that were sent, and of those what never arrived. */
  readonly sent: bigint;
  readonly lost: bigint;
  /** One way, in microseconds; nothing where it was not measured. */
  readonly delay: bigint | undefined;
  /** What the neighbour advertised for it by then, with the link to it. */
  readonly advertised: Quality;
}

const million = 1_000_000n;

/** The table with one measurement more. */
export function withMeasurement(table: RankTable, measured: PathMeasurement): RankTable {
  const { neighbour, destination, advertised, sent, lost, delay } = measured;
  const known = table.get(neighbour) ?? new Map<string, Rank>();
  const rank = known.get(destination) ?? { loss: noEvidence, delay: noEvidence };
  const ppm = sent > 0n ? (lost * million) / sent : 0n;
  const next: Rank = {
    loss: withFinding(rank.loss, lossMeasure, sent, ppm, advertised.loss),
    delay:
      delay === undefined
        ? rank.delay
        : withFinding(rank.delay, delayMeasure, delayWeight, delay, advertised.delay),
  };
  const ranks = bounded(known, destination, next, rankedDestinations, ({ loss }) => loss.weight);
  return bounded(table, neighbour, ranks, rankedNeighbours, totalWeight);
}

/** The table after so many bytes of our own traffic, to wherever: everybody is forgiven by it. */
export function afterTraffic(table: RankTable, bytes: bigint): RankTable {
  if (bytes <= 0n) return table;
  return new Map(
    [...table].map(([neighbour, ranks]) => [
      neighbour,
      new Map(
        [...ranks].map(([destination, { loss, delay }]) => [
          destination,
          { loss: faded(loss, bytes), delay: faded(delay, bytes) },
        ]),
      ),
    ]),
  );
}

/** Ranks of these neighbours alone: whoever is gone is forgotten. */
export function amongOnly(table: RankTable, neighbours: ReadonlySet<NodeId>): RankTable {
  return new Map([...table].filter(([neighbour]) => neighbours.has(neighbour)));
}

/**
 * What is thought of a neighbour on the whole: the lower median of its destinations and of one that
 * is as promised. So a destination that lies about what it received takes a neighbour's rank away
 * for itself alone; for all others more than half of those measured would have to.
 */
export function globalFactors(table: RankTable, neighbour: NodeId): Factors {
  const known = table.get(neighbour);
  if (known === undefined) return asPromised;
  const ranks = [...known.values()];
  return {
    loss: lowerMedian(ranks.map(({ loss }) => factorOf(loss, lossMeasure))),
    delay: lowerMedian(ranks.map(({ delay }) => factorOf(delay, delayMeasure))),
  };
}

/** Of whom nothing is known. */
const asPromised: Factors = { loss: neutral, delay: neutral };

/** What is thought of a neighbour as the way to one destination. */
export function factorsTo(table: RankTable, neighbour: NodeId, destination: string): Factors {
  const global = globalFactors(table, neighbour);
  const rank = table.get(neighbour)?.get(destination);
  if (rank === undefined) return global;
  return {
    loss: factorOf(rank.loss, lossMeasure, global.loss),
    delay: factorOf(rank.delay, delayMeasure, global.delay),
  };
}

function lowerMedian(measured: readonly Factor[]): Factor {
  const sorted = [neutral, ...measured].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] ?? neutral;
}

function totalWeight(ranks: ReadonlyMap<string, Rank>): bigint {
  let sum = 0n;
  for (const { loss } of ranks.values()) sum += loss.weight;
  return sum;
}

/** A map with one entry put; where it would grow beyond the limit, the lightest other one goes. */
function bounded<K, V>(
  before: ReadonlyMap<K, V>,
  key: K,
  value: V,
  limit: number,
  weightOf: (value: V) => bigint,
): ReadonlyMap<K, V> {
  const after = new Map(before).set(key, value);
  if (after.size <= limit) return after;
  let lightest: { readonly key: K; readonly weight: bigint } | undefined;
  for (const [other, held] of before) {
    const weight = weightOf(held);
    if (lightest === undefined || weight < lightest.weight) lightest = { key: other, weight };
  }
  if (lightest !== undefined) after.delete(lightest.key);
  return after;
}
