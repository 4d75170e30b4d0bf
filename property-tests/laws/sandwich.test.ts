import fc from "fast-check";
import { expect, test } from "vitest";
import { lineWorld, smallTerms } from "../simulator/line-world.ts";
import { type Op, ops, run } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";
import { runs } from "./law-runs.ts";

const world = () =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, 3n] });

function firstBroken(list: readonly Op[]): string | undefined {
  const line = world();
  for (const [i, op] of list.entries()) {
    run(line, op);
    const found = broken(line);
    if (found !== undefined) return `after op ${i} (${JSON.stringify(op)}): ${found}`;
  }
  return undefined;
}

test("T1: y <= rx <= tx <= r <= g <= G, and T2 to T8, of two neighbours in every interleaving of traffic, loss, messages and crashes", () => {
  fc.assert(
    fc.property(ops(2, 250), (list) => {
      expect(firstBroken(list)).toBeUndefined();
    }),
    { numRuns: runs(1000) },
  );
});
