import fc from "fast-check";
import { price } from "#core/units/price.ts";
import { drain, lineWorld, nodeAt, smallTerms } from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import type { GoldenRun, RecordedInput } from "./entry.ts";

/** The seed of the recorded run; with it, it can be made again as long as fast-check stays. */
const seed = 20_260_101;

/**
 * A line of three that speak up to a version, in which the middle one resells, with every fault: what
 * each node was told.
 */
export function recordedRun(version: number): GoldenRun {
  const inputs: RecordedInput[] = [];
  const world = lineWorld({
    terms: { ...smallTerms, priceCap: price(40n) },
    deposit: 1_000_000n,
    grainsPerUnit: 3n,
    prices: [2n, { fee: 2n }, 3n],
    classes: 2,
    versions: Array.from({ length: 3 }, () => ({ oldest: 1, newest: version })),
    told: (node, input) => {
      inputs.push(input === undefined ? { node, digest: "" } : { node, input, digest: "" });
    },
  });
  drain(world, 2);
  const [list] = fc.sample(ops(3, 160, true, 2), { numRuns: 1, seed });
  // What a torn write leaves behind is no input; lost messages and restarts are all there is to it.
  for (const op of list ?? []) if (op.op !== "torn") run(world, op);
  drain(world, 2);
  if (nodeAt(world, 0).alarms.length > 0) throw new Error("the recorded run raised an alarm");
  return { what: "run", version, nodes: world.nodes.length, inputs };
}
