import fc from "fast-check";
import { expect, test } from "vitest";
import {
  attach,
  jumpLimit,
  lowerPosition,
  type Meter,
  sight,
  upperPosition,
} from "#core/meter/meter.ts";
import { integers } from "#core/rules/algebra.ts";
import { enforcedPosition, read as readRule } from "#core/rules/payee-rules.ts";
import { origin, type Position } from "#core/units/position.ts";
import { readings } from "../simulator/kernel.ts";
import {
  books,
  deliver,
  drain,
  feed,
  lineWorld,
  nodeAt,
  read,
  recreate,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { ops, run } from "../simulator/op.ts";
import { runs } from "./law-runs.ts";

const pair = () =>
  lineWorld({ terms: smallTerms, deposit: 1_000_000n, grainsPerUnit: 1n, prices: [2n, 3n] });

test("T8: what is signed never exceeds the price of bytes sent and one chunk for each own reset", () => {
  fc.assert(
    fc.property(ops(2, 200), (list) => {
      const world = pair();
      for (const op of list) {
        run(world, op);
        for (const side of [0, 1] as const) {
          const { v, way, payerF } = books(world, 0, side);
          expect(v).toBeLessThanOrEqual(
            payerF(way.sent + way.payerResets * smallTerms.reservation),
          );
        }
      }
    }),
    { numRuns: runs(60) },
  );
});

test("T8: a payer that resets n times at the worst moment pays for n chunks that it never sent, and no more", () => {
  const world = pair();
  drain(world, 2);
  const resets = 5n;
  for (let i = 0n; i < resets; i += 1n) {
    traffic(world, 0, 0, 1n, 0n);
    const [end] = nodeAt(world, 0).ends;
    if (end !== undefined) recreate(world, end);
    drain(world, 2);
  }
  const { way, v, payerF } = books(world, 0, 0);
  expect(way.payerResets).toBe(resets);
  expect(v).toBeGreaterThan(payerF(way.sent + (resets - 1n) * smallTerms.reservation - resets));
  expect(v).toBeLessThanOrEqual(payerF(way.sent + resets * smallTerms.reservation));
});

test("T3: bytes lost on the way make the payer owe more than the payee expects, never less", () => {
  fc.assert(
    fc.property(ops(2, 150), (list) => {
      const world = pair();
      for (const op of list) {
        run(world, op);
        const { payeeF, way, y } = books(world, 0, 0);
        expect(way.rx).toBeLessThanOrEqual(way.tx);
        expect(payeeF(y)).toBeLessThanOrEqual(payeeF(way.tx));
      }
    }),
    { numRuns: runs(60) },
  );
});

test("T5: nothing is credited that was not signed, nothing signed that was not sent", () => {
  fc.assert(
    fc.property(ops(2, 150), (list) => {
      const world = pair();
      for (const op of list) {
        run(world, op);
        for (const side of [0, 1] as const) {
          const { v, w, way, payerF } = books(world, 0, side);
          expect(w >= 0n && w <= v && v <= payerF(way.tx)).toBe(true);
        }
      }
    }),
    { numRuns: runs(60) },
  );
});

/** Reads a true, growing counter in steps. */
function meterOf(raws: readonly bigint[], at: bigint = origin): Meter {
  return raws.reduce<Meter>(
    (meter, raw) => {
      const seen = sight(meter, "g", raw);
      return seen.kind === "reset" ? meter : seen.meter;
    },
    attach("g", at as Position, raws[0] ?? 0n),
  );
}

const growing = fc
  .array(fc.bigInt(0n, 1000n), { minLength: 2, maxLength: 30 })
  .map((steps) => steps.map((_, i) => steps.slice(0, i + 1).reduce((a, b) => a + b, 0n)));

test("T17: reading is idempotent and monotone: twice the same reading is one, and positions only grow", () => {
  fc.assert(
    fc.property(growing, fc.bigInt(0n, 1n << 40n), (raws, at) => {
      const meter = meterOf(raws, at);
      const twice = raws.flatMap((raw) => [raw, raw]);
      const last = raws[raws.length - 1] ?? 0n;
      const settled = meterOf([...raws, last], at);
      expect(meterOf(twice, at)).toEqual(settled);
      expect(upperPosition(settled)).toBe(at + last - (raws[0] ?? 0n));
      expect(lowerPosition(settled)).toBe(upperPosition(settled));
      expect(lowerPosition(meter)).toBeLessThanOrEqual(upperPosition(meter));
      const view = { read: at, granted: 0n, credited: 0n };
      const once = readRule(integers, view, at - 1n);
      expect(readRule(integers, once, at - 1n)).toEqual(once);
      expect(once.read).toBe(at);
    }),
  );
});

test("T17: readings that are missed lose nothing: the position depends on the last two only", () => {
  fc.assert(
    fc.property(growing, fc.func(fc.boolean()), (raws, keeps) => {
      const first = raws[0] ?? 0n;
      const end = raws.slice(-2);
      const some = [first, ...raws.slice(1, -2).filter((raw) => keeps(raw)), ...end];
      expect(upperPosition(meterOf(some))).toBe(upperPosition(meterOf(raws)));
      expect(lowerPosition(meterOf(some))).toBe(lowerPosition(meterOf(raws)));
    }),
  );
});

test("T18: of two reads of which one is flipped, the smaller is no overclaim and the larger no underpayment", () => {
  fc.assert(
    fc.property(
      growing,
      fc.array(fc.nat(28), { maxLength: 8 }),
      fc.bigInt(1n, jumpLimit << 1n),
      fc.boolean(),
      (raws, where, flip, up) => {
        // E7: at most one of two successive reads is wrong; the first one attached right.
        const flips = new Set(where.map((at) => 2 + 2 * at));
        let meter = attach("g", origin, raws[0] ?? 0n);
        const base = raws[0] ?? 0n;
        let highest = 0n;
        let truth = 0n;
        for (const [i, raw] of raws.entries()) {
          if (i === 0) continue;
          const wrong = up ? raw + flip : raw > flip ? raw - flip : 0n;
          const seen = sight(meter, "g", flips.has(i) ? wrong : raw);
          expect(seen.kind).not.toBe("reset");
          if (seen.kind !== "reset") meter = seen.meter;
          expect(lowerPosition(meter)).toBeLessThanOrEqual(raw - base);
          // The payer's x only grows: it is the largest of all it ever read.
          if (upperPosition(meter) > highest) highest = upperPosition(meter);
          if (!flips.has(i)) truth = raw - base;
          expect(highest).toBeGreaterThanOrEqual(truth);
        }
      },
    ),
  );
});

test("T18: through step, each flipped reading costs the payer at most one chunk, and the payee never overclaims", () => {
  const flipped = fc.array(
    fc.tuple(fc.constantFrom(0, 1), fc.bigInt(1n, 1n << 57n), fc.boolean()),
    {
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(ops(2, 60, false), flipped, (list, flips) => {
      const world = pair();
      drain(world, 2);
      let chunks = 0n;
      for (const [i, op] of list.entries()) {
        run(world, op);
        const flip = i % 12 === 5 ? flips[Math.floor(i / 12)] : undefined;
        if (flip !== undefined) {
          const [node, by, up] = flip;
          const wrong = (raw: bigint) => (up ? raw + by : raw > by ? raw - by : 0n);
          const bad = readings(world, node).map((one) => {
            return { ...one, sent: wrong(one.sent), received: wrong(one.received) };
          });
          read(world, node);
          feed(world, node, { type: "Readings", readings: bad });
          read(world, node);
          chunks += smallTerms.reservation;
        }
        for (const side of [0, 1] as const) {
          const { v, y, way, payerF } = books(world, 0, side);
          expect(y).toBeLessThanOrEqual(way.rx);
          expect(v).toBeLessThanOrEqual(payerF(way.tx + chunks));
        }
      }
      for (const node of world.nodes) expect([node.alarms, node.throttles]).toEqual([[], 0]);
    }),
    { numRuns: runs(120) },
  );
});

test("T19: enforcement looks at y less a constant, never below zero, and the constant never adds up", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 1n << 64n), fc.bigInt(0n, 1n << 20n), (y, allowance) => {
      const at = enforcedPosition(integers, y, allowance);
      expect(at).toBe(y > allowance ? y - allowance : 0n);
      expect(enforcedPosition(integers, y + 1n, allowance) - at).toBeLessThanOrEqual(1n);
    }),
  );
});

test("T16: a price change alters no leased position, on either side, whenever it comes", () => {
  fc.assert(
    fc.property(ops(2, 120), (list) => {
      const world = pair();
      drain(world, 2);
      for (const op of list) {
        const before = books(world, 0, 0);
        run(world, op);
        if (op.op !== "price") continue;
        const after = books(world, 0, 0);
        for (let at = 0n; at <= before.G; at += 1n) {
          expect(after.payeeF(at)).toBe(before.payeeF(at));
          if (at <= before.g) expect(after.payerF(at)).toBe(before.payerF(at));
        }
        if (world.air.length > 0) deliver(world, 0, true);
      }
    }),
    { numRuns: runs(80) },
  );
});
