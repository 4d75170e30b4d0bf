import { expect, test } from "vitest";
import { explore, priceVectors } from "./explorer.ts";
import { seededDefects } from "./seeded-defect.ts";
import { type Scope, shippedRules } from "./small-model.ts";

/** Every price vector of a length, with every small credit limit, chunk and number of reboots. */
function scopes(length: number, limits: readonly number[], chunks: readonly number[]) {
  return priceVectors(length).flatMap((prices) =>
    limits.flatMap((creditLimit) =>
      chunks.map((reservation): Scope => {
        return { prices, creditLimit, terms: { payThreshold: 1, reservation }, reboots: 2 };
      }),
    ),
  );
}

function statesOf(all: readonly Scope[]): number {
  let states = 0;
  for (const scope of all) {
    const found = explore(shippedRules, scope);
    expect(found.broken, JSON.stringify(scope)).toBeUndefined();
    states += found.states;
  }
  return states;
}

// The counts are exact on purpose: a guard that became stricter would leave less to explore.

test("T1, T3, T5, T6, T7 and T8 hold in every reachable state of 3 positions, for every price vector in {1,2}^3 and every small L and c", () => {
  expect(statesOf(scopes(3, [0, 1, 2, 3, 4], [1, 2]))).toMatchInlineSnapshot(`97498`);
});

test("T1, T3, T5, T6, T7 and T8 hold in every reachable state of 4 positions, with chunks of 2 and two reboots", () => {
  expect(statesOf(scopes(4, [4], [2]))).toMatchInlineSnapshot(`141234`);
});

test.each(seededDefects)("a seeded defect is found: $name", ({ rules, kills }) => {
  const hits = scopes(3, [3], [1]).map((scope) => explore(rules, scope).broken);
  const first = hits.find((hit) => hit !== undefined);
  expect(first?.theorem).toBe(kills);
  expect(first?.steps.length).toBeGreaterThan(0);
});
