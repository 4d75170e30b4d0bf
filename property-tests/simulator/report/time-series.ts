import { linkAt, type Network } from "../network/network.ts";
import type { Watcher } from "../network/simulation.ts";

/** One moment of a run, by node and by flow. */
export interface Sample {
  readonly step: number;
  /** Grains credited to each node so far, and signed by it. */
  readonly earned: readonly bigint[];
  readonly spent: readonly bigint[];
  readonly fees: readonly bigint[];
  /** Bytes of each flow that have arrived. */
  readonly arrived: readonly bigint[];
}

/** Samples of a run, few enough to be drawn. */
export interface TimeSeries {
  readonly watch: Watcher;
  readonly samples: () => readonly Sample[];
}

/** At most so many samples: when there are more, every second one is dropped. */
const sampleLimit = 400;

/** Takes samples while a run goes on, ever more seldom the longer it is. */
export function timeSeries(): TimeSeries {
  let samples: Sample[] = [];
  let every = 1;
  let last: Network | undefined;
  return {
    watch: (net) => {
      last = net;
      if (net.now % every !== 0) return;
      samples.push(sampleOf(net));
      if (samples.length < sampleLimit) return;
      samples = samples.filter((_, i) => i % 2 === 1);
      every *= 2;
    },
    samples: () => (last === undefined ? samples : [...samples, sampleOf(last)]),
  };
}

function sampleOf(net: Network): Sample {
  const earned = net.nodes.map(() => 0n);
  const spent = net.nodes.map(() => 0n);
  const ways = net.links.flatMap(({ index }) => linkAt(net, index).ways.flat());
  for (const { payer, payee, bestCredited, bestSigned } of [...net.retired, ...ways]) {
    earned[payee] = (earned[payee] ?? 0n) + bestCredited;
    spent[payer] = (spent[payer] ?? 0n) + bestSigned;
  }
  return {
    step: net.now,
    earned,
    spent,
    fees: net.nodes.map(({ price }) => price),
    arrived: net.flows.map((flow) => flow.arrived),
  };
}
