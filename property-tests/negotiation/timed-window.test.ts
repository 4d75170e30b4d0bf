import fc from "fast-check";
import { expect, test } from "vitest";
import { ask } from "#core/negotiation/asking.ts";
import { damped } from "#core/negotiation/damping.ts";
import {
  emptyWindow,
  type PurchaseWindow,
  spent,
  withPurchase,
} from "#core/negotiation/purchase-window.ts";
import type { Wishes } from "#core/negotiation/wishes.ts";
import "../laws/law-runs.ts";
import { soundWishes } from "./sound-wishes.ts";

/** What was bought and sold on before the next purchase: so many bytes at a price, after so many minutes. */
interface Bought {
  readonly minutes: number;
  readonly bytes: bigint;
  readonly price: bigint;
}

/** How a seller remembers what it paid: the window after each purchase. */
type Memory = (all: readonly Bought[]) => PurchaseWindow;

const wishes: Wishes = { ...soundWishes, mode: "cost", profit: 100_000n, floor: 1n };

const purchased = (all: readonly Bought[]): PurchaseWindow =>
  all.reduce(
    (window, { bytes, price }) =>
      withPurchase(window, { bytes, grains: bytes * price, dearest: price }),
    emptyWindow(wishes.window),
  );

/** As it ships: the last N bytes. */
const byBytes: Memory = purchased;

/** The seeded defect: whatever was bought within the last so many minutes, however many bytes that are. */
const byMinutes =
  (kept: number): Memory =>
  (all) => {
    const since = (from: number) => all.slice(from + 1).reduce((sum, one) => sum + one.minutes, 0);
    return purchased(all.filter((_, i) => since(i) <= kept));
  };

/** What was truly paid for the newest bytes, as many as a window holds. */
function truth(all: readonly Bought[]) {
  let room = wishes.window;
  let grains = 0n;
  for (const { bytes, price } of all.toReversed()) {
    const taken = bytes < room ? bytes : room;
    grains += taken * price;
    room -= taken;
  }
  return { bytes: wishes.window - room, grains };
}

/** Whether a seller with such a memory believes it paid less a byte than it did. */
function deceivesItself(memory: Memory, all: readonly Bought[]): boolean {
  const [told, real] = [spent(memory(all)), truth(all)];
  return told.grains * real.bytes < real.grains * told.bytes;
}

/** What a seller asks that knows what it knows after all these purchases, starting from the same price. */
function askedAfter(memory: Memory, all: readonly Bought[]): bigint | undefined {
  const present = all.at(-1)?.price ?? 0n;
  const sight = { bought: memory(all), present, fee: 1n, sold: 0n, capacity: 10n ** 9n };
  return ask(wishes, damped(wishes.floor), sight).price;
}

const histories = fc.array(
  fc.record({
    minutes: fc.integer({ min: 0, max: 600 }),
    bytes: fc.bigInt({ min: 1n, max: 3000n }),
    price: fc.bigInt({ min: 1n, max: 500n }),
  }),
  { minLength: 1, maxLength: 60 },
);

const windows = [1, 10, 60, 24 * 60] as const;

test("seeded defect: a window of minutes believes it paid less than it did; one of bytes never does", () => {
  const law = (memory: Memory) =>
    fc.check(
      fc.property(histories, (all) => !deceivesItself(memory, all)),
      { numRuns: 1000 },
    );
  expect(law(byBytes).failed).toBe(false);
  for (const kept of windows) expect(law(byMinutes(kept)).failed).toBe(true);
});

test("seeded defect: after a quiet night a window of minutes sells below what its bytes cost", () => {
  const dear: Bought = { minutes: 0, bytes: 900n, price: 400n };
  const cheap: Bought = { minutes: 600, bytes: 1n, price: 20n };
  const [paid, sold] = [dear.bytes * dear.price + cheap.bytes * cheap.price, 901n];
  const own = askedAfter(byBytes, [dear, cheap]) ?? 0n;
  const naive = askedAfter(byMinutes(60), [dear, cheap]) ?? 0n;
  expect(own * sold).toBeGreaterThanOrEqual(paid);
  expect(naive * sold).toBeLessThan(paid);
});

test("seeded defect: a window of minutes asks something else of the same purchases at other times (T10)", () => {
  const law = (memory: Memory) =>
    fc.check(
      fc.property(
        histories,
        fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 60, maxLength: 60 }),
        (all, times) => {
          const later = all.map((one, i) => ({ ...one, minutes: times[i] ?? 0 }));
          return askedAfter(memory, all) === askedAfter(memory, later);
        },
      ),
      { numRuns: 1000 },
    );
  expect(law(byBytes).failed).toBe(false);
  for (const kept of windows.slice(0, 3)) expect(law(byMinutes(kept)).failed).toBe(true);
});
