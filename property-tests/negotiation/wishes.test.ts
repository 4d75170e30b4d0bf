import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sliderEnd, wishesAt } from "#core/negotiation/slider.ts";
import { marketRefusal, profitLimit, type Wishes, wishRefusals } from "#core/negotiation/wishes.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceLimit } from "#core/units/price.ts";
import { soundWishes } from "./sound-wishes.ts";
import "../laws/law-runs.ts";

const cap = 1000n;

const faultsOf = (change: Partial<Wishes>) =>
  wishRefusals({ ...soundWishes, ...change }, cap).map(({ fault }) => fault);

const damping = (change: Partial<Wishes["damping"]>) =>
  faultsOf({ damping: { ...soundWishes.damping, ...change } });

describe("wishes that contradict themselves are refused", () => {
  test("each by its name, at the limit and past it", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ floor: cap, ceiling: cap })).toEqual([]);
    expect(faultsOf({ floor: 0n })).toEqual(["floor out of range"]);
    expect(faultsOf({ floor: cap + 1n, ceiling: cap })).toContain("floor out of range");
    expect(faultsOf({ ceiling: cap + 1n })).toEqual(["ceiling above the price cap"]);
    expect(faultsOf({ floor: 301n, ceiling: 300n })).toEqual(["floor above the ceiling"]);
    expect(faultsOf({ profit: profitLimit })).toEqual([]);
    expect(faultsOf({ profit: profitLimit + 1n })).toEqual(["profit out of range"]);
    expect(faultsOf({ profit: -1n })).toEqual(["profit out of range"]);
    expect(faultsOf({ window: positionLimit })).toEqual([]);
    expect(faultsOf({ window: positionLimit + 1n })).toEqual(["window out of range"]);
    expect(faultsOf({ window: 0n })).toEqual(["window out of range"]);
    expect(faultsOf({ idle: 800_000n, scarce: 800_000n })).toEqual([
      "shares of capacity out of order",
    ]);
    expect(damping({ band: 999n })).toEqual(["dead band out of range"]);
    expect(damping({ band: 500_001n, step: 600_000n })).toEqual(["dead band out of range"]);
    expect(damping({ step: soundWishes.damping.band - 1n })).toEqual(["step out of range"]);
    expect(damping({ step: 1_000_001n })).toEqual(["step out of range"]);
    expect(damping({ pause: -1n })).toEqual(["pause out of range"]);
    expect(damping({ calm: soundWishes.damping.pause - 1n })).toEqual(["calm out of range"]);
    expect(damping({ calm: positionLimit + 1n })).toEqual(["calm out of range"]);
  });

  test("at the numeric limits as well: no cap lets a price through that no lease can carry", () => {
    const most = { ...soundWishes, ceiling: priceLimit };
    expect(wishRefusals(most, priceLimit)).toEqual([]);
    expect(wishRefusals({ ...most, ceiling: priceLimit + 1n }, priceLimit * 2n)).toMatchObject([
      { fault: "ceiling above the price cap" },
    ]);
  });

  test("all at once, each with its numbers and with something that would do", () => {
    const refusals = wishRefusals({ ...soundWishes, floor: 500n, ceiling: 400n }, cap);
    expect(refusals).toMatchObject([
      {
        words:
          "a floor of 500 above a ceiling of 400: allowed is a floor of at most 400, or a ceiling of at least 500",
        suggestions: [{ floor: 400n }, { ceiling: 500n }],
      },
    ]);
    expect(faultsOf({ floor: 0n, profit: -1n, window: 0n }).length).toBe(3);
  });
});

const number = fc.bigInt({ min: -10n, max: 2n * cap });
const wild = fc.record({
  mode: fc.constantFrom("cost" as const, "automatic" as const),
  profit: fc.bigInt({ min: -10n, max: 2n * profitLimit }),
  window: fc.bigInt({ min: -10n, max: 2n * positionLimit }),
  floor: number,
  ceiling: number,
  scarce: fc.bigInt({ min: -10n, max: 1_100_000n }),
  idle: fc.bigInt({ min: -10n, max: 1_100_000n }),
  damping: fc.record({
    band: fc.bigInt({ min: 0n, max: 600_000n }),
    step: fc.bigInt({ min: 0n, max: 1_200_000n }),
    pause: fc.bigInt({ min: -10n, max: 2n * positionLimit }),
    calm: fc.bigInt({ min: -10n, max: 2n * positionLimit }),
  }),
});

test("whatever is wished: taking what is suggested, one refusal after the other, ends with wishes that hold", () => {
  fc.assert(
    fc.property(wild, fc.infiniteStream(fc.nat(1)), (first, choice) => {
      let wishes: Wishes = first;
      for (let turn = 0; turn < 24; turn++) {
        const [refusal] = wishRefusals(wishes, cap);
        if (refusal === undefined) return;
        const { suggestions } = refusal;
        const at = (choice.next().value ?? 0) % suggestions.length;
        wishes = { ...wishes, ...suggestions[at] };
      }
      expect(wishRefusals(wishes, cap)).toEqual([]);
    }),
  );
});

test("a ceiling of nothing is refused with the only thing that helps: a ceiling", () => {
  const [refusal] = wishRefusals({ ...soundWishes, floor: 1n, ceiling: 0n }, cap);
  expect(refusal?.words).toBe(
    "a floor of 1 above a ceiling of 0: allowed is a ceiling of at least 1",
  );
  expect(refusal?.suggestions).toEqual([{ ceiling: 1n }]);
  const both = wishRefusals({ ...soundWishes, floor: cap + 1n, ceiling: 0n }, cap);
  expect(both.map(({ suggestions }) => suggestions)).toEqual([[{ floor: cap }], []]);
  expect(both[1]?.words).toContain(`allowed is 1 to ${cap} for both`);
});

test("a profit that the ceiling does not allow at what upstream charges is refused with numbers that work", () => {
  const upstream = { bytes: 10n, grains: 3800n, present: undefined, fee: 1n };
  const wishes = { ...soundWishes, profit: 100_000n, ceiling: 400n };
  const refusal = marketRefusal(wishes, upstream);
  expect(refusal).toMatchObject({
    fault: "profit beyond the ceiling",
    words:
      "a profit of 100000 millionths over 3800 grains for 10 bytes takes 418 grains a byte, above the ceiling of 400: allowed is a profit of at most 52631 millionths, or a ceiling of at least 418",
  });
  for (const part of refusal?.suggestions ?? []) {
    expect(marketRefusal({ ...wishes, ...part }, upstream)).toBeUndefined();
  }
});

test("upstream above the ceiling leaves only one thing: another ceiling", () => {
  const wishes = { ...soundWishes, ceiling: 400n };
  expect(marketRefusal(wishes, { bytes: 0n, grains: 0n, present: 400n, fee: 1n })).toMatchObject({
    fault: "upstream costs more than the ceiling",
    suggestions: [{ ceiling: 401n }],
  });
  expect(
    marketRefusal({ ...wishes, profit: 0n }, { bytes: 0n, grains: 0n, present: 399n, fee: 1n }),
  ).toBeUndefined();
  const beyond = { bytes: 0n, grains: 0n, present: priceLimit, fee: 1n };
  expect(marketRefusal(wishes, beyond)).toMatchObject({ suggestions: [] });
});

test("whatever upstream charges: what is suggested works", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: profitLimit }),
      fc.bigInt({ min: 1n, max: cap }),
      fc.bigInt({ min: 1n, max: 10_000n }),
      fc.bigInt({ min: 1n, max: 2n * cap }),
      fc.bigInt({ min: 1n, max: 2n * cap }),
      fc.boolean(),
      (profit, ceiling, bytes, price, next, isKnown) => {
        const grains = bytes * price - (bytes - 1n);
        const upstream = { bytes, grains, present: isKnown ? next : undefined, fee: 1n };
        let wishes: Wishes = { ...soundWishes, profit, floor: 1n, ceiling };
        for (let turn = 0; turn < 3; turn++) {
          const refusal = marketRefusal(wishes, upstream);
          if (refusal === undefined) return;
          for (const part of refusal.suggestions) {
            expect(marketRefusal({ ...wishes, ...part }, upstream)?.fault).not.toBe(refusal.fault);
          }
          wishes = { ...wishes, ...refusal.suggestions[0] };
        }
        expect(marketRefusal(wishes, upstream)).toBeUndefined();
      },
    ),
  );
});

describe("the slider", () => {
  const scale = { usual: 500n, cap };

  test("maps each of its places to wishes that hold, never beyond the cap, and dearer the further it goes", () => {
    let before = wishesAt(0n, scale);
    for (let at = 0n; at <= sliderEnd; at += 1n) {
      const wishes = wishesAt(at, scale);
      expect(wishRefusals({ ...soundWishes, ...wishes }, cap)).toEqual([]);
      expect(wishes.ceiling).toBeLessThanOrEqual(cap);
      for (const part of ["profit", "floor", "ceiling"] as const) {
        expect(wishes[part]).toBeGreaterThanOrEqual(before[part]);
      }
      for (const part of ["scarce", "idle"] as const) {
        expect(wishes[part]).toBeLessThanOrEqual(before[part]);
      }
      before = wishes;
    }
  });

  test("seeded defect: a ceiling that forgets the cap is refused", () => {
    const beyond = { ...wishesAt(sliderEnd, scale), ceiling: (scale.usual * 3000n) / 1000n };
    expect(faultsOf(beyond)).toEqual(["ceiling above the price cap"]);
  });

  test("holds at the smallest and the largest prices", () => {
    for (const usual of [1n, priceLimit]) {
      for (const at of [0n, sliderEnd]) {
        const wishes = { ...soundWishes, ...wishesAt(at, { usual, cap: usual }) };
        expect(wishRefusals(wishes, usual)).toEqual([]);
      }
    }
  });

  test("stands nowhere beyond its ends", () => {
    expect(() => wishesAt(-1n, scale)).toThrow("between 0 and 100, found -1");
    expect(() => wishesAt(101n, scale)).toThrow("between 0 and 100, found 101");
  });
});
