import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type { Agent } from "#agent/agent/agent.ts";
import { neighbourFacts } from "#agent/agent/facts.ts";

/** All paid traffic of a node at one moment: totals that only grow. Bytes and grains. */
export interface Sample {
  /** Milliseconds on the monotonic clock of this run. */
  readonly at: number;
  readonly sent: bigint;
  readonly received: bigint;
  /** F of what we sent: what we owe, paid or not. */
  readonly owed: bigint;
  /** F of what we received: what is owed to us, paid or not. */
  readonly earned: bigint;
}

/** How often a sample is taken, in ms. */
export const sampleInterval = 5000;

/** How many samples are kept: half an hour. */
export const sampleLimit = 361;

/** The newest samples of a run, oldest first. */
export interface Sampler {
  readonly samples: () => readonly Sample[];
  /** Gives most of them up, where memory is short. */
  readonly forget: () => void;
}

/** Takes samples for pictures of the last minutes, which need no history and no clock of people. */
export const startSampler = Effect.fnUntraced(function* (agent: Agent, interval = sampleInterval) {
  let samples: Sample[] = [];
  const take = Effect.sync(() => {
    samples.push(sampleOf(agent, performance.now()));
    if (samples.length > sampleLimit) samples.shift();
  });
  yield* Effect.forkScoped(Effect.repeat(take, Schedule.spaced(interval)));
  const sampler: Sampler = {
    samples: () => samples,
    forget: () => {
      samples = samples.slice(-2);
    },
  };
  return sampler;
});

function sampleOf(agent: Agent, at: number): Sample {
  const { ledger, live } = agent.node();
  let [sent, received, owed, earned] = [0n, 0n, 0n, 0n];
  for (const { accounts } of neighbourFacts(ledger, live, agent.resets)) {
    for (const { direction, position, amount } of accounts) {
      if (direction === "we pay") {
        sent += position;
        owed += amount;
      } else {
        received += position;
        earned += amount;
      }
    }
  }
  return { at, sent, received, owed, earned };
}
