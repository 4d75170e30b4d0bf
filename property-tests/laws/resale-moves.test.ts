import { expect, test } from "vitest";
import type { Pricing } from "#core/node/policy.ts";
import { price } from "#core/units/price.ts";
import {
  books,
  configured,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
} from "../simulator/line-world.ts";

/** 0 and 4 buy of 1, which resells 2 or 3. */
const [seller, first, second] = [1, 2, 3] as const;
const cables = [
  [0, 1],
  [1, 2],
  [1, 3],
  [4, 1],
] as const;
const cableOf = { 0: 0, 4: 3 } as const;

function moving(): LineWorld {
  return lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee: 2n }, 3n, 3n, 1n],
    cables,
  });
}

/** What the seller resells to each buyer from now on; nothing is sold without one. */
function sell(world: LineWorld, over: Readonly<Record<0 | 4, number | undefined>>): void {
  const input = configured(world, seller, false);
  if (input.type !== "Configured") throw new Error("no configuration");
  const pricing = (upstream: number | undefined): Pricing =>
    upstream === undefined
      ? { kind: "withheld" }
      : { kind: "resale", via: nodeAt(world, upstream).signer.id, fee: price(2n) };
  const neighbours = input.neighbours.map((policy) => {
    const buyer = ([0, 4] as const).find((one) => nodeAt(world, one).signer.id === policy.id);
    return { ...policy, prices: [pricing(buyer === undefined ? undefined : over[buyer])] };
  });
  feed(world, seller, { ...input, neighbours });
  drain(world, 4);
}

const out = (world: LineWorld, buyer: 0 | 4): bigint => {
  const { G, way } = books(world, cableOf[buyer], 0);
  return G - way.rx;
};
const held = (world: LineWorld, cable: number): bigint => {
  const { g, way } = books(world, cable, 0);
  return g - way.tx;
};

test("T12: leases that were sold over one upstream stay covered there when their class is resold from another one", () => {
  const world = moving();
  sell(world, { 0: first, 4: undefined });
  const sold = out(world, 0);
  expect(sold).toBeGreaterThan(0n);
  // 0 is moved to the second; what is held of the first is not all free for 4.
  sell(world, { 0: second, 4: first });
  expect(out(world, 4)).toBeGreaterThan(0n);
  expect(sold + out(world, 4)).toBeLessThanOrEqual(held(world, 1));
  expect(out(world, 0)).toBeLessThanOrEqual(held(world, 1) + held(world, 2));
});

test("and after a move back and forth they count once", () => {
  const world = moving();
  sell(world, { 0: first, 4: undefined });
  sell(world, { 0: second, 4: undefined });
  sell(world, { 0: first, 4: first });
  expect(out(world, 0)).toBeGreaterThan(0n);
  expect(out(world, 0) + out(world, 4)).toBe(held(world, 1));
});
