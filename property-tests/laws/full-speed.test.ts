import fc from "fast-check";
import { expect, test } from "vitest";
import { unacknowledgedLimit } from "#core/account/payee-account.ts";
import { money } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import { books, drain, lineWorld, smallTerms, traffic } from "../simulator/line-world.ts";
import { degradedBytes, type SteadyFlow, sufficientLimit } from "../simulator/steady-flow.ts";
import { runs } from "./law-runs.ts";

const flows: fc.Arbitrary<Omit<SteadyFlow, "creditLimit">> = fc
  .record({
    payThreshold: fc.bigInt(1n, 20n),
    price: fc.bigInt(1n, 7n),
    readEvery: fc.integer({ min: 1, max: 5 }),
    roundTrip: fc.integer({ min: 0, max: 20 }),
    cheapAtFirst: fc.record({ price: fc.constant(1n), bytes: fc.integer({ min: 1, max: 30 }) }),
  })
  .filter((flow) => {
    // A payee waits for the acknowledgement of so many leases, and each payment leads to one.
    const betweenPayments = Math.max(flow.readEvery, Number(flow.payThreshold / flow.price));
    return flow.roundTrip < unacknowledgedLimit * betweenPayments;
  });

test("T14: with L >= T - 1 + P(U + D + 1) a steady flow never degrades a byte, whatever T, P, U and D", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      expect(degradedBytes({ ...flow, creditLimit: sufficientLimit(flow) }, 150)).toBe(0);
    }),
    { numRuns: runs(80) },
  );
});

test("T14 is tight to the price of one byte: below T - 1 + P(U + D) this flow stalls", () => {
  const flow = {
    payThreshold: 9n,
    price: 2n,
    readEvery: 2,
    roundTrip: 4,
    cheapAtFirst: { price: 1n, bytes: 3 },
  };
  const needed = sufficientLimit(flow) - flow.price;
  expect(needed).toBe(9n - 1n + 2n * (2n + 4n));
  expect(degradedBytes({ ...flow, creditLimit: needed }, 150)).toBe(0);
  expect(degradedBytes({ ...flow, creditLimit: needed - 1n }, 150)).toBeGreaterThan(0);
});

test("T14 needs no more payments in a round trip than leases may wait for acknowledgement: beyond, it stalls", () => {
  const flow = {
    payThreshold: 1n,
    price: 1n,
    readEvery: 1,
    roundTrip: 2 * unacknowledgedLimit + 4,
  };
  const creditLimit = sufficientLimit(flow);
  expect(degradedBytes({ ...flow, creditLimit }, 150)).toBeGreaterThan(0);
});

/** Sends bytes, each as paid, with every message delivered in between: fair delivery (E6). */
function paidBytes(creditLimit: bigint, payThreshold: bigint, bytePrice: bigint): bigint {
  const terms = {
    ...smallTerms,
    creditLimit: money(creditLimit),
    payThreshold: money(payThreshold),
    priceCap: price(bytePrice),
  };
  const world = lineWorld({
    terms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, bytePrice],
  });
  drain(world, 2);
  for (let i = 0; i < 12; i++) {
    traffic(world, 0, 0, 1n, 0n);
    drain(world, 2);
  }
  return books(world, 0, 0).way.sent;
}

test("T15: under fair delivery every byte goes through as paid if L >= T - 1 + p", () => {
  const cases = fc.tuple(fc.bigInt(1n, 30n), fc.bigInt(1n, 9n), fc.bigInt(0n, 20n));
  fc.assert(
    fc.property(cases, ([payThreshold, bytePrice, more]) => {
      const limit = payThreshold - 1n + bytePrice + more;
      expect(paidBytes(limit, payThreshold, bytePrice)).toBe(12n);
    }),
    { numRuns: runs(25) },
  );
});

test("T15 is exact in p: whoever is out of lease pays below the threshold too, so L >= p suffices, and L = p - 1 passes nothing", () => {
  for (const [payThreshold, bytePrice] of [
    [1n, 1n],
    [10n, 3n],
    [50n, 7n],
  ] as const) {
    expect(paidBytes(bytePrice, payThreshold, bytePrice)).toBe(12n);
    expect(paidBytes(bytePrice - 1n, payThreshold, bytePrice)).toBe(0n);
  }
});
