import fc from "fast-check";
import { expect, test } from "vitest";
import { ask } from "#core/negotiation/asking.ts";
import { damped } from "#core/negotiation/damping.ts";
import {
  averageWith,
  emptyWindow,
  spent,
  withPurchase,
} from "#core/negotiation/purchase-window.ts";
import { resalePrice } from "#core/negotiation/resale-price.ts";
import type { Wishes } from "#core/negotiation/wishes.ts";
import { priceLimit } from "#core/units/price.ts";
import { soundWishes } from "./sound-wishes.ts";
import "../laws/law-runs.ts";

const bought = (price: bigint, bytes = 100n) =>
  withPurchase(emptyWindow(soundWishes.window), { bytes, grains: bytes * price, dearest: price });

const steps = fc.array(
  fc.record({
    bytes: fc.bigInt({ min: 1n, max: 3000n }),
    price: fc.bigInt({ min: 1n, max: 1000n }),
    share: fc.bigInt({ min: 0n, max: 1000n }),
    fee: fc.bigInt({ min: 1n, max: 20n }),
  }),
  { minLength: 1, maxLength: 150, size: "max" },
);

test("whatever upstream charges and whoever buys: what is asked lies within floor and ceiling and covers cost and profit, or nothing is asked", () => {
  let asked = 0;
  let withheld = 0;
  fc.assert(
    fc.property(steps, fc.constantFrom("cost" as const, "automatic" as const), (list, mode) => {
      const wishes: Wishes = { ...soundWishes, mode };
      let window = emptyWindow(wishes.window);
      let now = damped(400n);
      for (const { bytes, price, share, fee } of list) {
        window = withPurchase(window, { bytes, grains: bytes * price, dearest: price });
        const sight = { bought: window, present: price, fee, sold: share * 5n, capacity: 5000n };
        const { price: next, damped: after, refusal } = ask(wishes, now, sight);
        now = after;
        const covering = averageWith(spent(window), wishes.profit) ?? 0n;
        if (next === undefined) {
          withheld += 1;
          expect(after.isWithheld).toBe(true);
          if (refusal === undefined) continue; // it may be sold again, and waits
          const now = averageWith({ bytes: 1n, grains: price }, wishes.profit) ?? 0n;
          expect(now > wishes.ceiling || price + fee > wishes.ceiling).toBe(true);
          continue;
        }
        asked += 1;
        expect(next).toBeGreaterThanOrEqual(wishes.floor);
        expect(next).toBeLessThanOrEqual(wishes.ceiling);
        expect(next).toBeGreaterThanOrEqual(covering < wishes.ceiling ? covering : wishes.ceiling);
        const lease = resalePrice(price, { fee, least: next, most: wishes.ceiling });
        expect(lease).toBeGreaterThanOrEqual(price + fee);
        expect(lease).toBeLessThanOrEqual(wishes.ceiling);
      }
    }),
  );
  expect(asked).toBeGreaterThan(100);
  expect(withheld).toBeGreaterThan(100);
});

test("automatic asks more while capacity is sold, less while it is not, and nothing else in between", () => {
  const at = (sold: bigint) =>
    ask(soundWishes, damped(400n), {
      bought: bought(100n),
      present: 100n,
      fee: 1n,
      sold,
      capacity: 10_000n,
    });
  expect(at(9000n)).toMatchObject({ movement: "rises", price: 450n });
  expect(at(6000n)).toMatchObject({ movement: "is near enough", price: 400n });
  expect(at(1000n)).toMatchObject({ movement: "falls", price: 350n });
  const blind = { bought: bought(100n), present: 100n, fee: 1n, sold: 0n, capacity: 0n };
  expect(ask(soundWishes, damped(400n), blind).movement).toBe("is near enough");
});

test("by cost alone the price comes down to cost and profit, within the dead band, and stays", () => {
  const wishes: Wishes = { ...soundWishes, mode: "cost" };
  const sight = { bought: bought(300n), present: 300n, fee: 1n, sold: 0n, capacity: 1000n };
  let now = damped(800n);
  for (let i = 0; i < 40; i++) now = ask(wishes, now, sight).damped;
  expect(now.price).toBeGreaterThanOrEqual(330n);
  expect(now.price).toBeLessThanOrEqual(337n);
  expect(ask(wishes, now, sight).movement).toBe("is near enough");
});

/** Half of what is carried goes by a dear next hop and half by a cheap one, and all of it is sold at one price. */
const upstreams = [300n, 100n] as const;

/** What is left over of two hundred purchases. @param price from the average, and from the next hop that is cheapest. */
function leftOver(price: (average: bigint, cheapest: bigint) => bigint): bigint {
  let left = 0n;
  let window = emptyWindow(1000n);
  for (let i = 0; i < 200; i++) {
    const paid = upstreams[i % 2] ?? 0n;
    window = withPurchase(window, { bytes: 100n, grains: 100n * paid, dearest: paid });
    if (i < 20) continue;
    left += 100n * (price(averageWith(spent(window), 100_000n) ?? 0n, upstreams[1]) - paid);
  }
  return left;
}

test("seeded defect: a profit on what the next byte costs at the margin loses; on the weighted average it earns", () => {
  expect(leftOver((_, cheapest) => (cheapest * 110n) / 100n)).toBe(180n * 100n * -90n);
  expect(leftOver((average) => average)).toBe(180n * 100n * 20n);
});

test("a dear past does not stop sales for good: what counts then is what upstream charges now", () => {
  const wishes: Wishes = { ...soundWishes, ceiling: 300n };
  const past = { bought: bought(290n), fee: 1n, sold: 0n, capacity: 1000n };
  expect(ask(wishes, damped(200n), { ...past, present: 290n }).price).toBeUndefined();
  expect(ask(wishes, damped(200n), { ...past, present: 100n }).price).toBe(300n);
  expect(ask(wishes, damped(200n), { ...past, present: undefined }).price).toBeUndefined();
});

test("a past that stops sales is forgotten after a calm of unsold capacity, and not before", () => {
  const wishes: Wishes = { ...soundWishes, ceiling: 300n };
  const sight = {
    bought: bought(290n),
    fee: 1n,
    present: undefined,
    sold: 0n,
    capacity: wishes.damping.calm - 1n,
  };
  const before = ask(wishes, { ...damped(200n), isWithheld: true }, sight);
  expect(before).toMatchObject({ price: undefined, isStale: false });
  const after = ask(wishes, before.damped, { ...sight, capacity: 1n });
  expect(after).toMatchObject({ price: undefined, isStale: true });
  const empty = { ...sight, bought: emptyWindow(wishes.window), sold: 600n, capacity: 1000n };
  expect(ask(wishes, after.damped, empty).price).toBe(200n);
});

test("sales that were stopped begin again after a pause, and after too many turns only after a calm", () => {
  const wishes: Wishes = { ...soundWishes, ceiling: 300n };
  const { pause, calm } = wishes.damping;
  const dear = { bought: bought(100n), fee: 1n, present: 300n, sold: 0n, capacity: 1n };
  let now = damped(200n);
  for (let turn = 0; turn < 2; turn++) {
    now = ask(wishes, now, dear).damped;
    const cheap = { ...dear, present: 100n, sold: 6n, capacity: 10n };
    expect(ask(wishes, now, cheap)).toMatchObject({ price: undefined, refusal: undefined });
    const later = ask(wishes, now, { ...cheap, sold: pause, capacity: pause + pause / 2n });
    expect(later.price).toBe(200n);
    now = later.damped;
  }
  now = ask(wishes, now, dear).damped;
  const cheap = { ...dear, present: 100n };
  const patient = { ...cheap, sold: calm / 2n, capacity: calm - 1n };
  expect(ask(wishes, now, patient).price).toBeUndefined();
  expect(ask(wishes, now, { ...patient, capacity: calm }).price).toBe(200n);
});

test("resale holds at the numeric limits: what no lease can carry is not asked", () => {
  expect(resalePrice(priceLimit - 1n, { fee: 1n })).toBe(priceLimit);
  expect(resalePrice(priceLimit, { fee: 1n })).toBeUndefined();
  expect(resalePrice(10n, { fee: 1n, least: priceLimit })).toBe(priceLimit);
  expect(resalePrice(10n, { fee: 1n, least: 20n, most: 20n })).toBe(20n);
  expect(resalePrice(10n, { fee: 1n, least: 5n, most: 10n })).toBeUndefined();
});
