import type { Agent } from "#agent/agent/agent.ts";
import {
  type Evidence,
  type Factor,
  foundValue,
  neutral,
  promisedValue,
} from "#core/quality/evidence.ts";
import {
  type Factors,
  factorsTo,
  globalFactors,
  type RankTable,
} from "#core/quality/rank-table.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type DayCost, dailyBound, dailyPaidBound } from "./measuring-cost.ts";
import { hourlyBound } from "./measuring-share.ts";

/** What `quality` answers: loss in ppm, delay in microseconds, ranks in thousandths, all as texts. */
export interface QualityAnswer {
  readonly neighbours: readonly NeighbourQuality[];
  readonly cost: SamplingCost;
}

/** One neighbour as a next hop. A rank of 1000 is "as it advertises", 2000 twice as bad. */
export interface NeighbourQuality {
  readonly neighbour: string;
  readonly rank: RankFacts;
  readonly ways: readonly WayQuality[];
}

/** How much worse than advertised something is taken to be. */
export interface RankFacts {
  readonly loss: string;
  readonly delay: string;
}

/** A destination that was measured through a neighbour. */
export interface WayQuality {
  readonly destination: string;
  /** Bytes that the measured loss rests on, and half-forgotten ones by half. */
  readonly weight: string;
  readonly advertised: ValueFacts;
  readonly measured: ValueFacts;
  readonly rank: RankFacts;
}

/** Loss in parts per million, delay in microseconds; nothing where it was not measured. */
export interface ValueFacts {
  readonly loss: string | undefined;
  readonly delay: string | undefined;
}

/** What measuring costs: probes and their answers, as WireGuard sends them. */
export interface SamplingCost {
  /** Bytes sent for it in this run. */
  readonly bytes: string;
  /** Most that it can be in an hour, with as many neighbours as there are. */
  readonly hourlyBound: string;
  /** Paid bytes of this run both ways, and how many bytes of measuring there are to a million of them. */
  readonly paidBytes: string;
  readonly share: string | undefined;
  /** By destination, since the day of the run began: its bounds are those of each. */
  readonly today: readonly DestinationCost[];
  readonly dailyBound: string;
  readonly dailyPaidBound: string;
}

/** What measuring one neighbour, or the way to it through another one, cost today, in bytes. */
export interface DestinationCost {
  readonly destination: string;
  readonly paid: string;
  readonly unpaid: string;
}

/** What was measured of neighbours, against what they advertised, and what that cost. */
export function qualityAnswer(
  agent: Agent,
  table: RankTable,
  probeBytes: bigint,
  paidBytes: bigint,
  today: (end: NodeId) => DayCost,
): QualityAnswer {
  const { neighbours } = agent.config();
  return {
    neighbours: neighbours.map(({ id, name }) => ({
      neighbour: name,
      rank: rankFacts(globalFactors(table, id)),
      ways: [...(table.get(id) ?? [])].map(([destination, { loss, delay }]) => ({
        destination,
        weight: `${loss.weight}`,
        advertised: values(promisedValue, loss, delay),
        measured: values(foundValue, loss, delay),
        rank: rankFacts(factorsTo(table, id, destination)),
      })),
    })),
    cost: {
      bytes: `${probeBytes}`,
      hourlyBound: `${hourlyBound * BigInt(neighbours.length)}`,
      paidBytes: `${paidBytes}`,
      share: paidBytes === 0n ? undefined : `${(probeBytes * 1_000_000n) / paidBytes}`,
      today: neighbours.map(({ id, name }) => {
        const { paid, unpaid } = today(id);
        return { destination: name, paid: `${paid}`, unpaid: `${unpaid}` };
      }),
      dailyBound: `${dailyBound}`,
      dailyPaidBound: `${dailyPaidBound}`,
    },
  };
}

function values(
  of: (evidence: Evidence) => bigint | undefined,
  loss: Evidence,
  delay: Evidence,
): ValueFacts {
  return { loss: of(loss)?.toString(), delay: of(delay)?.toString() };
}

function rankFacts({ loss, delay }: Factors): RankFacts {
  return { loss: thousandths(loss), delay: thousandths(delay) };
}

function thousandths(factor: Factor): string {
  return `${(factor * 1000n) / neutral}`;
}
