import fc from "fast-check";
import { expect, test } from "vitest";
import type { Node } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import { integers } from "#core/rules/algebra.ts";
import { credit, type PayeeView } from "#core/rules/payee-rules.ts";
import { money } from "#core/units/money.ts";
import {
  books,
  deliver,
  drain,
  lineWorld,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { runs } from "./law-runs.ts";

const total = fc.bigInt(0n, 1000n);
const payee: PayeeView<bigint> = { read: 0n, granted: 0n, credited: 0n };
const after = (totals: readonly bigint[]) =>
  totals.reduce((at, one) => credit(integers, at, one), payee).credited;

test("T4: crediting is a join semilattice: associative, commutative, idempotent, and only grows", () => {
  fc.assert(
    fc.property(total, total, total, (a, b, c) => {
      expect(after([a, b])).toBe(after([b, a]));
      expect(after([a, a])).toBe(after([a]));
      expect(after([after([a, b]), c])).toBe(after([a, after([b, c])]));
      expect(after([a, b])).toBeGreaterThanOrEqual(after([a]));
    }),
  );
});

test("T4: any order and repetition of vouchers, with any lost but the largest, credits the same", () => {
  fc.assert(
    fc.property(
      fc.array(total, { minLength: 1 }).chain((totals) => {
        const largest = totals.reduce((a, b) => (a > b ? a : b));
        const some = fc
          .array(fc.constantFrom(...totals))
          .chain((list) => fc.shuffledSubarray([...list, largest], { minLength: list.length + 1 }));
        return fc.tuple(fc.constant(totals), some);
      }),
      ([totals, some]) => {
        expect(after(some)).toBe(after(totals));
      },
    ),
  );
});

/** A payee, and every VOUCHER its payer said in a life of payments, first to last. */
function spoken() {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 100_000n,
    grainsPerUnit: 3n,
    prices: [2n, 3n],
  });
  drain(world);
  const payeeBefore = nodeAt(world, 1).node;
  const said: Uint8Array[] = [];
  for (let i = 0; i < 25; i++) {
    traffic(world, 0, 0, 4n, 0n);
    read(world, 0);
    for (const datagram of world.air) {
      if (datagram.to === 1 && datagram.bytes[2] === 3) said.push(datagram.bytes);
    }
    while (world.air.length > 0) deliver(world, 0, false);
  }
  return { payeeBefore, said, credited: books(world, 0, 0).w };
}

test("T4: through step, any order, repetition and loss of VOUCHERs leaves the largest total that arrived", () => {
  const { payeeBefore, said } = spoken();
  expect(said.length).toBeGreaterThan(10);
  const paid = payeeBefore.ledger.neighbours[0];
  // A payee with a wide open schedule: what is credited then depends on the vouchers alone.
  const whole = said.reduce<Node>(
    (node, bytes) => step(node, { type: "Datagram", neighbour: 0, bytes }).node,
    payeeBefore,
  );
  const leased = { ...whole.ledger.neighbours[0]?.inbound[0], credited: 0n } as never;
  if (paid?.terms === undefined) throw new Error("no neighbour");
  const terms = { ...paid.terms, creditLimit: money(10_000n) };
  const wide = {
    ...payeeBefore,
    ledger: { ...payeeBefore.ledger, neighbours: [{ ...paid, terms, inbound: [leased] }] },
  };
  const order = fc.array(fc.nat(said.length - 1), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(order, (indices) => {
      const node = indices.reduce<Node>((at, i) => {
        const bytes = said[i] ?? new Uint8Array();
        return step(at, { type: "Datagram", neighbour: 0, bytes }).node;
      }, wide);
      const last = said[Math.max(...indices)] ?? new Uint8Array();
      const alone = step(wide, { type: "Datagram", neighbour: 0, bytes: last }).node;
      expect(node.ledger.neighbours[0]?.inbound[0]?.credited).toBe(
        alone.ledger.neighbours[0]?.inbound[0]?.credited,
      );
      expect(node.ledger.neighbours[0]?.frauds).toEqual([]);
    }),
    { numRuns: runs(60) },
  );
});
