import fc from "fast-check";
import { expect, test } from "vitest";
import { books, drain, lineWorld, smallTerms } from "../simulator/line-world.ts";
import { type Op, ops, run } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";
import { runs } from "./law-runs.ts";

test.each([2, 3])(
  "T1 to T8, T11 and T20 hold on every one of %i price classes that share one channel",
  (classes) => {
    const deposit = 1_000_000n;
    const make = () =>
      lineWorld({ terms: smallTerms, deposit, grainsPerUnit: 7n, prices: [2n, 3n], classes });
    const everywhere = Array.from({ length: classes }, (_, i) => [i + 1, 0 as const, 1 as const]);
    fc.assert(
      fc.property(ops(2, 200, true, classes), (list: readonly Op[]) => {
        const world = make();
        for (const op of list) {
          run(world, op);
          expect(broken(world)).toBeUndefined();
        }
        drain(world);
        for (const [paidClass, ...sides] of everywhere) {
          for (const side of sides as (0 | 1)[]) {
            const { v, w, g, G, way, payerF } = books(world, 0, side, paidClass);
            expect([w, g]).toEqual([v, G]);
            expect(v).toBe(payerF(way.tx));
          }
        }
      }),
      { numRuns: runs(60) },
    );
  },
);
