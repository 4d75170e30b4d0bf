import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { secondProgram } from "#agent/agent/second-program.ts";
import { encodeCommits } from "#core/journal/commit.ts";
import type { Reading } from "#core/node/input.ts";
import { agreedCommits, stepTogether } from "#core/node/lockstep.ts";
import type { Program } from "#core/node/program.ts";
import { step } from "#core/node/step.ts";
import { writeSecondProgram } from "../simulator/second-bundle.ts";
import { batch, busyNode, busyPair } from "./step-bench.ts";

/** What the guard against flipped bits costs: two nodes in lockstep against one (G3). */
export interface GuardBench {
  readonly oneReadingsPerSecond: number;
  readonly pairReadingsPerSecond: number;
  /** How many times slower the guarded one is. */
  readonly slower: number;
  readonly slowerTarget: number;
}

/** Both in turns, with the commits of what they journal; the best of several runs counts. */
export async function benchGuard(runs = 7, rounds = 2000): Promise<GuardBench> {
  const second = await ownProgram();
  const batches = Array.from({ length: rounds }, (_, i) => batch(BigInt(i)));
  const count = batches.reduce((sum, { length }) => sum + length, 0);
  let [one, pair] = [0, 0];
  for (let run = 0; run < runs; run++) {
    one = Math.max(one, count / seconds(() => feedOne(batches)));
    pair = Math.max(pair, count / seconds(() => feedPair(batches, second)));
  }
  return {
    oneReadingsPerSecond: Math.round(one),
    pairReadingsPerSecond: Math.round(pair),
    slower: Math.round((100 * one) / pair) / 100,
    slowerTarget: 2,
  };
}

function feedOne(batches: readonly (readonly Reading[])[]): () => void {
  let node = busyNode();
  return () => {
    for (const readings of batches) {
      const result = step(node, { type: "Readings", readings });
      encodeCommits(result.events);
      node = result.node;
    }
  };
}

function feedPair(batches: readonly (readonly Reading[])[], second: Program): () => void {
  let pair = busyPair(second);
  return () => {
    for (const readings of batches) {
      const result = stepTogether(pair, { type: "Readings", readings });
      agreedCommits(result.events, result.twinEvents, pair.programs);
      pair = result.pair;
    }
  };
}

/** The twin's, as the bundle has it: in a realm of its own. */
async function ownProgram(): Promise<Program> {
  const directory = mkdtempSync(join(tmpdir(), "meshtoll-second-"));
  try {
    writeSecondProgram(directory, "modelled");
    return (await Effect.runPromise(secondProgram(directory, true))).program;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Of the work alone, not of what makes it ready. */
function seconds(prepare: () => () => void): number {
  const work = prepare();
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began) / 1e9;
}
