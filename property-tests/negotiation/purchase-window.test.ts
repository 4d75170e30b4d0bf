import fc from "fast-check";
import { expect, test } from "vitest";
import {
  averageWith,
  emptyWindow,
  millionth,
  type Purchase,
  type PurchaseWindow,
  purchaseFault,
  purchaseLimit,
  resized,
  spent,
  withPurchase,
} from "#core/negotiation/purchase-window.ts";
import { moneyLimit } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceLimit } from "#core/units/price.ts";
import "../laws/law-runs.ts";

/** What was really paid for the newest bytes, byte run by byte run: the window without its limits. */
function trulySpent(all: readonly (readonly [bytes: bigint, price: bigint])[], limit: bigint) {
  let room = limit;
  let grains = 0n;
  for (const [bytes, price] of all.toReversed()) {
    const taken = bytes < room ? bytes : room;
    grains += taken * price;
    room -= taken;
  }
  return { bytes: limit - room, grains };
}

const purchases = fc.array(
  fc.tuple(fc.bigInt({ min: 1n, max: 5000n }), fc.bigInt({ min: 1n, max: 900n })),
  { minLength: 1, maxLength: 400, size: "max" },
);

function windowOf(all: readonly (readonly [bigint, bigint])[], limit: bigint): PurchaseWindow {
  return all.reduce(
    (window, [bytes, price]) =>
      withPurchase(window, { bytes, grains: bytes * price, dearest: price }),
    emptyWindow(limit),
  );
}

test("the average is never less than what was really paid for the last N bytes, nor more than the dearest", () => {
  fc.assert(
    fc.property(purchases, fc.bigInt({ min: 1n, max: 400_000n }), (all, limit) => {
      const window = windowOf(all, limit);
      const truth = trulySpent(all, limit);
      const told = spent(window);
      expect(told.bytes).toBe(truth.bytes);
      expect(told.grains).toBeGreaterThanOrEqual(truth.grains);
      expect(window.segments.length).toBeLessThanOrEqual(purchaseLimit);
      const dearest = all.reduce((most, [, price]) => (price > most ? price : most), 0n);
      expect(averageWith(told, 0n)).toBeLessThanOrEqual(dearest);
    }),
  );
});

test("with no more prices than are remembered, what is told is exact", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 5000n }), fc.bigInt({ min: 1n, max: 900n })), {
        minLength: 1,
        maxLength: purchaseLimit,
      }),
      fc.bigInt({ min: 1n, max: 100_000n }),
      (all, limit) => {
        expect(spent(windowOf(all, limit))).toEqual(trulySpent(all, limit));
      },
    ),
  );
});

test("how purchases are cut into pieces makes no difference", () => {
  const whole = windowOf(
    [
      [1000n, 7n],
      [3000n, 9n],
    ],
    2500n,
  );
  const pieces = windowOf(
    [
      ...Array.from({ length: 1000 }, () => [1n, 7n] as const),
      ...Array.from({ length: 30 }, () => [100n, 9n] as const),
    ],
    2500n,
  );
  expect(pieces).toEqual(whole);
});

test("seeded defects: a window of so many purchases, and an average that is rounded down, are seen", () => {
  // One large purchase at 100, then many small ones at 1: of the bytes most were dear.
  const all = [[1_000_000n, 100n] as const, ...Array.from({ length: 80 }, () => [1n, 1n] as const)];
  const truth = trulySpent(all, 1_000_000n);
  const byCount = all
    .slice(-purchaseLimit)
    .reduce(
      (sum, [bytes, price]) => ({ bytes: sum.bytes + bytes, grains: sum.grains + bytes * price }),
      { bytes: 0n, grains: 0n },
    );
  expect(averageWith(spent(windowOf(all, 1_000_000n)), 0n)).toBe(100n);
  expect(averageWith(byCount, 0n)).toBeLessThan(truth.grains / truth.bytes);
  // 3 bytes for 4 grains: sold at 1 a byte they lose a grain.
  const uneven = { bytes: 3n, grains: 4n };
  const roundedDown = uneven.grains / uneven.bytes;
  expect(roundedDown * uneven.bytes).toBeLessThan(uneven.grains);
  expect((averageWith(uneven, 0n) ?? 0n) * uneven.bytes).toBeGreaterThanOrEqual(uneven.grains);
});

test("profit comes on top exactly, and is rounded up once", () => {
  expect(averageWith({ bytes: 10n, grains: 1000n }, 100_000n)).toBe(110n);
  expect(averageWith({ bytes: 10n, grains: 1001n }, 100_000n)).toBe(111n);
  expect(averageWith({ bytes: 3n, grains: 1n }, 0n)).toBe(1n);
  expect(averageWith({ bytes: 0n, grains: 0n }, 100_000n)).toBeUndefined();
});

test("a smaller window forgets what is further back", () => {
  const window = windowOf(
    [
      [100n, 5n],
      [100n, 9n],
    ],
    200n,
  );
  expect(spent(resized(window, 150n))).toEqual({ bytes: 150n, grains: 50n * 5n + 100n * 9n });
});

test("the numeric limits are held, and what lies past them is refused by name", () => {
  const dear = { bytes: positionLimit, grains: positionLimit * priceLimit, dearest: priceLimit };
  expect(purchaseFault(dear)).toBeUndefined();
  const window = withPurchase(emptyWindow(positionLimit), dear);
  expect(averageWith(spent(window), 0n)).toBe(priceLimit);
  expect(averageWith(spent(window), millionth)).toBe(2n * priceLimit);
  const refused: readonly (readonly [Purchase, string])[] = [
    [{ bytes: 0n, grains: 0n, dearest: 1n }, "purchase of no bytes"],
    [{ bytes: -1n, grains: 0n, dearest: 1n }, "purchase of no bytes"],
    [{ bytes: positionLimit + 1n, grains: 1n, dearest: 1n }, "purchase beyond the numeric limits"],
    [{ bytes: 1n, grains: -1n, dearest: 1n }, "purchase beyond the numeric limits"],
    [{ bytes: 1n, grains: moneyLimit + 1n, dearest: 1n }, "purchase beyond the numeric limits"],
    [{ bytes: 1n, grains: 1n, dearest: priceLimit + 1n }, "purchase beyond the numeric limits"],
    [{ bytes: 2n, grains: 3n, dearest: 1n }, "purchase dearer than its dearest price"],
  ];
  for (const [purchase, why] of refused) {
    expect(purchaseFault(purchase)).toBe(why);
    expect(() => withPurchase(window, purchase)).toThrow(why);
  }
  for (const limit of [0n, -1n, positionLimit + 1n]) {
    expect(() => emptyWindow(limit)).toThrow("window out of range");
  }
});
