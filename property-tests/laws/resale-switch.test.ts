import fc from "fast-check";
import { expect, test } from "vitest";
import { replay } from "#core/node/node.ts";
import type { Pricing } from "#core/node/policy.ts";
import { resoldNow } from "#core/node/resale.ts";
import { price } from "#core/units/price.ts";
import {
  books,
  channelOf,
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
import { modelledCheck } from "../simulator/test-signer.ts";
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
  feed(world, seller, selling(world, asked, false));
}

/** The seller's agent is killed and starts again with other prices. @param remembers what it resold. */
function restart(world: LineWorld, asked: Asked, remembers: boolean): void {
  const self = nodeAt(world, seller);
  const resold = remembers ? resoldNow(self.node) : [];
  self.node = replay(self.signer, self.journal, modelledCheck);
  feed(world, seller, { ...selling(world, asked, true), resold });
  for (const end of self.ends) {
    feed(world, seller, {
      type: "ChannelFact",
      neighbour: end.neighbour,
      channel: channelOf(world, end),
    });
  }
  deliverAll(world);
}

function selling(world: LineWorld, asked: Asked, starting: boolean) {
  const input = configured(world, seller, starting);
  if (input.type !== "Configured") throw new Error("no configuration");
  const neighbours = input.neighbours.map((policy) => {
    const buyer = buyers.find((one) => nodeAt(world, one).signer.id === policy.id);
    return buyer === undefined ? policy : { ...policy, prices: [asked[buyer]] };
  });
  return { ...input, neighbours };
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

/** How the price changes: while the agent runs, with a restart, and with one that forgets. */
type Change = "reload" | "restart" | "forgetful restart";

/** Leases over the upstream were sold to 0; by now it is asked something else, and 3 buys over it. */
function changed(other: Pricing, how: Change) {
  const world = star();
  drain(world, 4);
  const out = soldTo(world, 0);
  const asked: Asked = { 0: other, 3: resale(world) };
  if (how === "reload") sell(world, asked);
  else restart(world, asked, how === "restart");
  drain(world, 2);
  return { world, out };
}

/** Upstream becomes as dear as it may: whatever is sent beyond what is held costs that. */
function risen(world: LineWorld) {
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
  return { forwarded, left: earned - books(world, upwards, 0).v };
}

for (const how of ["reload", "restart"] as const) {
  for (const after of ["fixed", "withheld"] as const) {
    test(`T12: leases that were resold are covered until they are used, though their buyer's price is ${after} since a ${how}`, () => {
      const { world, out } = changed(after === "fixed" ? fixed : { kind: "withheld" }, how);
      expect(out).toBeGreaterThan(0n);
      expect(soldTo(world, 3)).toBeGreaterThan(0n);
      expect(out + soldTo(world, 3)).toBeLessThanOrEqual(held(world));
      const { forwarded, left } = risen(world);
      expect(forwarded).toBeGreaterThan(out);
      expect(left).toBeGreaterThanOrEqual(fee * forwarded - creditLimit);
    });
  }
}

test("a restart that forgets what was resold sells the same twice", () => {
  const { world, out } = changed({ kind: "withheld" }, "forgetful restart");
  expect(out + soldTo(world, 3)).toBeGreaterThan(held(world));
});

test("what a run resold is told to the next as long as leases of it are out, and no longer", () => {
  const { world } = changed({ kind: "withheld" }, "restart");
  const resold = () => resoldNow(nodeAt(world, seller).node).filter(({ id }) => id === buyer);
  const buyer = nodeAt(world, 0).signer.id;
  expect(resold()).toEqual([{ id: buyer, class: 1, via: nodeAt(world, upstream).signer.id }]);
  for (let i = 0; i < 60 && soldTo(world, 0) > 0n; i++) {
    send(world, 0, 1n);
    look(world);
  }
  drain(world, 4);
  expect(resold()).toEqual([]);
});

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
      arbitrary: fc.record({
        buyer: fc.constantFrom(...buyers),
        kind: fc.constantFrom(...kinds),
        starts: fc.boolean(),
      }),
    },
  ),
  { minLength: 10, maxLength: 80, size: "max" },
);

test("T12: however often prices are switched, by reload or restart, resold leases never exceed what is held for them", () => {
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
          const prices = { 0: pricingOf(world, asked[0]), 3: pricingOf(world, asked[3]) };
          if (move.starts) restart(world, prices, true);
          else sell(world, prices);
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
