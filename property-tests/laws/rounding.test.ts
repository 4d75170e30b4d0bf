import fc from "fast-check";
import { expect, test } from "vitest";
import { money, toGrains, tokenUnits, toTokenUnits } from "#core/units/money.ts";
import {
  books,
  drain,
  feed,
  lineWorld,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";
import { runs } from "./law-runs.ts";

const world = (grainsPerUnit: bigint) =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit, prices: [2n, 3n] });

test("T13: rounding a total up costs its payer less than one token unit, and rounds nothing away", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 1n << 100n), fc.bigInt(1n, 1n << 64n), (grains, grainsPerUnit) => {
      const units = toTokenUnits(money(grains), grainsPerUnit);
      const excess = toGrains(units, grainsPerUnit) - grains;
      expect(excess >= 0n && excess < grainsPerUnit).toBe(true);
    }),
  );
  expect(toTokenUnits(money(0n), 7n)).toBe(0n);
  expect(() => tokenUnits(1n << 128n)).toThrow(RangeError);
});

test("T13: over a whole life of payments the payer's excess stays below one token unit", () => {
  fc.assert(
    fc.property(ops(2, 120), fc.constantFrom(2n, 7n, 1000n), (list, grainsPerUnit) => {
      const line = world(grainsPerUnit);
      const excess = () => {
        for (const side of [0, 1] as const) {
          const { signed, v } = books(line, 0, side);
          const over = (signed?.cumulative ?? 0n) * grainsPerUnit - v;
          expect(over >= 0n && over < grainsPerUnit).toBe(true);
        }
      };
      for (const op of list) {
        run(line, op);
        expect(broken(line)).toBeUndefined();
        excess();
      }
      drain(line);
      excess();
    }),
    { numRuns: runs(60) },
  );
});

test.each([2n, 7n, 1000n])(
  "T13, T20: both books agree to the grain where a token unit is %i grains, though L and T are less than a unit",
  (grainsPerUnit) => {
    const line = world(grainsPerUnit);
    drain(line, 2);
    for (let i = 0; i < 60; i++) {
      traffic(line, 0, 0, 3n, 0n);
      drain(line, 1);
    }
    const { way, v, w, payerF } = books(line, 0, 0);
    // Everything went through as paid: small payments are credited though no unit is full.
    expect([way.sent, way.degraded]).toEqual([180n, 0n]);
    expect([v, w]).toEqual([payerF(way.tx), v]);
    const vouchers = nodeAt(line, 1).journal.filter((event) => event.type === "VoucherCredited");
    expect(vouchers.length).toBeGreaterThan(30);
  },
);

test("T20: a voucher within the same token unit that is lost on the way is sent again", () => {
  const line = world(1000n);
  drain(line, 2);
  traffic(line, 0, 0, 6n, 0n);
  drain(line, 1);
  traffic(line, 0, 0, 5n, 0n);
  for (const i of [0, 1]) read(line, i);
  line.air.length = 0;
  expect(books(line, 0, 0).v).toBeGreaterThan(books(line, 0, 0).w);
  feed(line, 0, { type: "Poke" });
  drain(line, 1);
  expect(books(line, 0, 0).w).toBe(books(line, 0, 0).v);
});
