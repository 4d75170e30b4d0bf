import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pricing } from "#core/node/policy.ts";
import { price } from "#core/units/price.ts";
import {
  books,
  configured,
  deliverAll,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

/** 0 and 3 both buy of 1, which resells 2. */
const [buyers, seller, upstream] = [[0, 3], 1, 2] as const;

/** Their cables, by number: of each buyer, and of the seller to its upstream. */
const cables = [
  [0, 1],
  [1, 2],
  [3, 1],
] as const;
const cableOf = { 0: 0, 3: 2 } as const;
const upwards = 1;

const fee = 2n;
const upstreamPrice = 3n;
const { creditLimit } = smallTerms;

function star(): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee }, upstreamPrice, 1n],
    cables,
  });
  sell(world, { 0: resale(world), 3: closed(world) });
  return world;
}

/** What the seller asks of each buyer from now on. */
type Asked = Readonly<Record<0 | 3, Pricing>>;

const resale = (world: LineWorld): Pricing => ({
  kind: "resale",
  via: nodeAt(world, upstream).signer.id,
  fee: price(fee),
});
/** Nothing more is sold, and what was sold is covered. */
const closed = (world: LineWorld): Pricing => ({ ...resale(world), most: price(1n) }) as Pricing;
const fixed: Pricing = { kind: "fixed", price: price(upstreamPrice + fee) };

function sell(world: LineWorld, asked: Asked): void {
  const input = configured(world, seller, false);
  if (input.type !== "Configured") throw new Error("no configuration");
  const neighbours = input.neighbours.map((policy) => {
    const buyer = buyers.find((one) => nodeAt(world, one).signer.id === policy.id);
    return buyer === undefined ? policy : { ...policy, prices: [asked[buyer]] };
  });
  feed(world, seller, { ...input, neighbours });
}

/** Bytes of leases that a buyer may still send, and that the seller may still send upstream. */
const soldTo = (world: LineWorld, buyer: 0 | 3): bigint => {
  const { G, way } = books(world, cableOf[buyer], 0);
  return G - way.rx;
};
const held = (world: LineWorld): bigint => {
  const { g, way } = books(world, upwards, 0);
  return g - way.tx;
};

/** A buyer sends, and what passes its quota is sent on. */
function send(world: LineWorld, buyer: 0 | 3, bytes: bigint): bigint {
  const carried = traffic(world, cableOf[buyer], 0, bytes, 0n);
  const onwards = wayAt(world, upwards, 0);
  const before = onwards.sent;
  traffic(world, upwards, 0, carried, 0n);
  return onwards.sent - before;
}

function look(world: LineWorld): void {
  for (const i of world.nodes.keys()) {
    read(world, i);
    feed(world, i, { type: "Poke" });
  }
  deliverAll(world);
}

for (const after of ["fixed", "withheld"] as const) {
  test(`T12: leases that were resold are covered until they are used, though their buyer's price is ${after} by now`, () => {
    const world = star();
    drain(world, 4);
    const out = soldTo(world, 0);
    expect(out).toBeGreaterThan(0n);
    const other: Pricing = after === "fixed" ? fixed : { kind: "withheld" };
    sell(world, { 0: other, 3: resale(world) });
    drain(world, 2);
    expect(soldTo(world, 3)).toBeGreaterThan(0n);
    expect(out + soldTo(world, 3)).toBeLessThanOrEqual(held(world));
    // Upstream becomes as dear as it may: whatever is sent beyond what is held costs that.
    setPrice(world, upstream, smallTerms.priceCap);
    sell(world, { 0: { kind: "withheld" }, 3: closed(world) });
    drain(world, 2);
    let forwarded = 0n;
    for (let i = 0; i < 60; i++) {
      for (const buyer of buyers) forwarded += send(world, buyer, 1n);
      look(world);
    }
    drain(world, 4);
    const earned = books(world, 0, 0).w + books(world, 2, 0).w;
    expect(forwarded).toBeGreaterThan(out);
    expect(earned - books(world, upwards, 0).v).toBeGreaterThanOrEqual(
      fee * forwarded - creditLimit,
    );
  });
}

test("once they are used the same can be sold to others", () => {
  const world = star();
  drain(world, 4);
  sell(world, { 0: { kind: "withheld" }, 3: resale(world) });
  drain(world, 2);
  const before = soldTo(world, 3);
  const free = held(world) - before - soldTo(world, 0);
  for (let i = 0; i < 60 && soldTo(world, 0) > 0n; i++) {
    send(world, 0, 1n);
    look(world);
  }
  drain(world, 4);
  expect(soldTo(world, 0)).toBe(0n);
  expect(soldTo(world, 3)).toBeGreaterThan(before);
  expect(held(world) - soldTo(world, 3)).toBeGreaterThanOrEqual(0n);
  expect(free).toBeGreaterThanOrEqual(0n);
});

/** Not "fixed": what is leased at a price of its own uses up what is held, and is not covered by it. */
const kinds = ["resale", "withheld", "closed"] as const;
const moves = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ send: fc.constantFrom(...buyers), bytes: fc.bigInt(1n, 6n) }),
    },
    { weight: 4, arbitrary: fc.constant("look" as const) },
    {
      weight: 2,
      arbitrary: fc.record({ buyer: fc.constantFrom(...buyers), kind: fc.constantFrom(...kinds) }),
    },
  ),
  { minLength: 10, maxLength: 80, size: "max" },
);

test("T12: however often prices are switched, resold leases never exceed what is held for them", () => {
  let switches = 0;
  fc.assert(
    fc.property(moves, (list) => {
      const world = star();
      drain(world, 4);
      const asked: Record<0 | 3, (typeof kinds)[number]> = { 0: "resale", 3: "closed" };
      for (const move of list) {
        if (move === "look") look(world);
        else if ("send" in move) send(world, move.send, move.bytes);
        else {
          asked[move.buyer] = move.kind;
          switches += 1;
          sell(world, { 0: pricingOf(world, asked[0]), 3: pricingOf(world, asked[3]) });
        }
        expect(broken(world)).toBeUndefined();
        expect(soldTo(world, 0) + soldTo(world, 3)).toBeLessThanOrEqual(held(world));
      }
    }),
    { numRuns: runs(60) },
  );
  expect(switches).toBeGreaterThan(50);
});

function pricingOf(world: LineWorld, kind: (typeof kinds)[number]): Pricing {
  switch (kind) {
    case "resale":
      return resale(world);
    case "closed":
      return closed(world);
    case "withheld":
      return { kind: "withheld" };
  }
}
