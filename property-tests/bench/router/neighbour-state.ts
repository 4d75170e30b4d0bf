import { stepTogether } from "#core/node/lockstep.ts";
import { measured } from "../measured-process.ts";
import { batch, busyPair } from "../step-bench.ts";

/** Neighbours of the busy pair. */
const neighbours = 100;

/** Looks at all counters before the state is weighed. */
const looks = 50;

/**
 * Bytes of heap that a neighbour lives in, in both nodes of a pair in lockstep: what is left of a hundred
 * of them after garbage was collected, in a process of its own.
 */
export async function neighbourState(): Promise<number> {
  const program = new URL(import.meta.url).pathname;
  const { output } = await measured([process.execPath, "--expose-gc", program]);
  return Number(output);
}

function weighed(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (import.meta.main) {
  busyPair(); // what is made once is made now
  const before = weighed();
  let pair = busyPair();
  for (let look = 1; look <= looks; look++) {
    pair = stepTogether(pair, { type: "Readings", readings: batch(BigInt(look)) }).pair;
  }
  const state = (weighed() - before) / neighbours;
  if (pair.node.ledger.neighbours.length !== neighbours) throw new Error("not as many as weighed");
  console.log(Math.round(state));
}
