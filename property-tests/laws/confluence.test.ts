import fc from "fast-check";
import { expect, test } from "vitest";
import { books, drain, type LineWorld, lineWorld, smallTerms } from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { runs } from "./law-runs.ts";

const world = (grainsPerUnit = 1n) =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit, prices: [2n, 3n] });

function after(line: LineWorld, list: Parameters<typeof run>[1][]): LineWorld {
  for (const op of list) run(line, op);
  drain(line);
  return line;
}

test("T20: when messages drain, both sides hold w = v, g = G and the same schedule, in any order", () => {
  fc.assert(
    fc.property(ops(2, 80), (list) => {
      const line = after(world(), [...list]);
      for (const side of [0, 1] as const) {
        const { v, w, g, G, payerF, payeeF, way } = books(line, 0, side);
        expect(w).toBe(v);
        expect(g).toBe(G);
        for (let at = 0n; at <= g; at += 1n) expect(payerF(at)).toBe(payeeF(at));
        // Settled to the grain: what is owed is what is signed is what is credited.
        expect(v).toBe(payerF(way.tx));
      }
    }),
    { numRuns: runs(60) },
  );
});

test("T11: what is credited never exceeds what is signed, and equals it when messages have drained", () => {
  fc.assert(
    fc.property(ops(3, 100), (list) => {
      const line = lineWorld({
        terms: smallTerms,
        deposit: 1_000_000n,
        grainsPerUnit: 1n,
        prices: [2n, { fee: 2n }, 3n],
      });
      const gap = () =>
        [0, 1].flatMap((wire) =>
          ([0, 1] as const).map((side) => {
            const { v, w } = books(line, wire, side);
            return w - v;
          }),
        );
      for (const op of list) {
        run(line, op);
        expect(gap().every((difference) => difference <= 0n)).toBe(true);
      }
      drain(line);
      expect(gap()).toEqual([0n, 0n, 0n, 0n]);
    }),
    { numRuns: runs(40) },
  );
});
