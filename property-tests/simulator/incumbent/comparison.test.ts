import { expect, test } from "vitest";
import { compare } from "./comparison.ts";
import { charge, enforce, noDebt, payment, reload, save } from "./debt-keeper.ts";
import { incumbentMonth } from "./incumbent-month.ts";
import { monthOf } from "./month.ts";

const small = { payThreshold: 1n, limit: 10n };

test("the incumbent pays 11 of a debt of 100 and forgets 89", () => {
  expect(payment(charge(noDebt, -100n, small), small)).toBe(11n);
});

test("the incumbent throttles beyond its limit, and a power cut takes back what was not saved", () => {
  const owed = charge(save(charge(noDebt, 4n, small)), 7n, small);
  expect(enforce(owed, small).throttles).toBe(true);
  expect(enforce(charge(noDebt, 10n, small), small).throttles).toBe(false);
  expect(reload(owed).debt).toBe(4n);
});

test("without power cuts the incumbent throttles nobody", () => {
  expect(incumbentMonth({ days: 30, cuts: [] }, "never").episodes).toBe(0);
});

test("an incumbent that never saves ends every month of daily power cuts in false enforcement, in all eight seeds", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const { episodes, shareOfTimeThrottled } = incumbentMonth(monthOf(seed, 30), "never");
    expect(episodes).toBeGreaterThan(10);
    expect(shareOfTimeThrottled).toBeGreaterThan(0.01);
  }
});

test("our agents live through the same month without one false throttle, and nothing is violated", () => {
  const { ours } = compare(1, 30).months[0] ?? {};
  expect(ours).toMatchObject({ episodes: 0, violations: 0, reboots: 30 });
});
