import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PriceNow, resoldLeases } from "#agent/routing/resold-leases.ts";
import { chooseRoutes, type Hop } from "#agent/routing/route-choice.ts";
import { neutral } from "#core/quality/evidence.ts";
import type { Preference } from "#core/route/preference.ts";
import { here } from "#core/route/vector.ts";
import { priceClass } from "#core/units/price-class.ts";
import { runs } from "../laws/law-runs.ts";
import {
  books,
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
import { diamondView, far } from "./diamond-view.ts";

/** 0 buys of 1, which resells 2 to it; the same place is reached by 3. */
const [seller, covering, other] = [1, 2, 3] as const;
const cables = [
  [0, 1],
  [1, 2],
  [1, 3],
] as const;

/** By the cable: what the neighbour at its other end asks of the seller. */
type Asked = Record<1 | 2, bigint>;

const fee = 2n;
const { creditLimit, priceCap } = smallTerms;
const byPrice: Preference = { price: 100n, loss: 0n, delay: 0n, margin: 0n };

function resellingWorld(asked: Asked): LineWorld {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee }, asked[1], asked[2]],
    cables,
  });
  drain(world, 4);
  return world;
}

/** How a seller judges its next hops, of its node. The second is wrong. */
type Rule = typeof resoldLeases;
const byAdverts: Rule = () => () => (_, asked) => asked;

/** Which cable the shipped choice takes for the next byte. */
function chosen(world: LineWorld, asked: Asked, rule: Rule, before: 1 | 2 | undefined): 1 | 2 {
  const priceNow = rule(nodeAt(world, seller).node);
  const hop = (cable: 1 | 2, now: PriceNow): Hop => ({
    id: cable === 1 ? "b" : "c",
    index: cable,
    interfaceName: `toll${cable === 1 ? "b" : "c"}0`,
    address: `fe80::${cable === 1 ? "b" : "c"}`,
    alive: true,
    link: here,
    cap: 1000n,
    offer: () => ({ class: priceClass(1), vector: { ...here, price: asked[cable] } }),
    believed: (_, advertised) => advertised,
    priceNow: now,
    factors: () => ({ loss: neutral, delay: neutral }),
    classes: 1,
  });
  const hops = [hop(1, priceNow(1)), hop(2, priceNow(2))];
  const choosing = { view: diamondView(), hops, preference: byPrice, fixed: new Set<string>() };
  const last = before === undefined ? undefined : hops[before - 1];
  const taken = chooseRoutes({ ...choosing, limit: 10 }, formerly(choosing, last)).get(far)?.taken;
  return taken?.hop.index === 2 ? 2 : 1;
}

/** The choices before: of one hop alone. */
function formerly(choosing: Omit<Parameters<typeof chooseRoutes>[0], "limit">, hop?: Hop) {
  if (hop === undefined) return new Map();
  return chooseRoutes({ ...choosing, hops: [hop], limit: 10 }, new Map());
}

/** A byte of the buyer goes on by whom the rule chooses; each quota lets pass what is leased. */
function forward(world: LineWorld, asked: Asked, rule: Rule, before: 1 | 2 | undefined) {
  const cable = chosen(world, asked, rule, before);
  const carried = traffic(world, 0, 0, 1n, 0n);
  const onwards = wayAt(world, cable, 0);
  const sent = onwards.sent;
  traffic(world, cable, 0, carried, 0n);
  for (const i of world.nodes.keys()) {
    read(world, i);
    feed(world, i, { type: "Poke" });
  }
  deliverAll(world);
  return { cable, bytes: onwards.sent - sent };
}

function ask(world: LineWorld, asked: Asked, cable: 1 | 2, grains: bigint): void {
  asked[cable] = grains;
  setPrice(world, cable === 1 ? covering : other, grains);
  drain(world, 2);
}

/** What the seller has left in the end, of all it was paid. */
function left(world: LineWorld): bigint {
  drain(world, 4);
  return books(world, 0, 0).w - books(world, 1, 0).v - books(world, 2, 0).v;
}

/** The neighbour that covers becomes as dear as it may, the other is dear as well: what is sold is sent on. */
function risen(rule: Rule) {
  const asked: Asked = { 1: 3n, 2: 40n };
  const world = resellingWorld(asked);
  ask(world, asked, 1, priceCap);
  let forwarded = 0n;
  const taken: number[] = [];
  for (let i = 0; i < 12; i++) {
    const { cable, bytes } = forward(world, asked, rule, i === 0 ? 1 : undefined);
    forwarded += bytes;
    if (bytes > 0n) taken.push(cable);
  }
  return { forwarded, taken, left: left(world) };
}

describe("T12: what was sold over one neighbour, when another would be taken", () => {
  test("goes by the first as long as what is held there is cheaper, and costs what it was sold for", () => {
    const { forwarded, taken, left: net } = risen(resoldLeases);
    expect(forwarded).toBeGreaterThan(4n);
    expect(new Set(taken)).toEqual(new Set([1]));
    expect(net).toBe(fee * forwarded);
  });

  test("a choice by what is asked alone loses more than the credit", () => {
    const { forwarded, taken, left: net } = risen(byAdverts);
    expect(taken).toContain(2);
    expect(net).toBeLessThan(fee * forwarded - creditLimit);
  });

  test("who holds dear leases of the other neighbour does not begin with them", () => {
    const asked: Asked = { 1: 12n, 2: 3n };
    const world = resellingWorld(asked);
    const dear: Asked = { ...asked };
    // What is held of the other one was leased at 3: now it asks as much as it may.
    ask(world, dear, 2, priceCap);
    let cheap = 0n;
    for (let i = 0; i < 20; i++)
      cheap += forward(world, { 1: priceCap, 2: 1n }, byAdverts, 2).bytes;
    expect(cheap).toBeGreaterThanOrEqual(smallTerms.reservation);
    // And now next to nothing, but what is held there by now is dear.
    ask(world, dear, 2, 1n);
    expect(chosen(world, dear, byAdverts, 1)).toBe(2);
    expect(chosen(world, dear, resoldLeases, 1)).toBe(1);
  });

  test("where nothing was sold over anybody, what is asked decides", () => {
    const asked: Asked = { 1: 3n, 2: 40n };
    const world = resellingWorld(asked);
    const node = nodeAt(world, 0).node;
    expect(resoldLeases(node)(0)(priceClass(1), 77n)).toBe(77n);
    expect(resoldLeases(nodeAt(world, seller).node)(1)(priceClass(1), 77n)).toBe(3n);
  });

  const price = fc.bigInt(1n, priceCap);
  const moves = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant("send" as const) },
      {
        weight: 1,
        arbitrary: fc.record({ cable: fc.constantFrom(1 as const, 2 as const), price }),
      },
    ),
    { minLength: 20, maxLength: 80, size: "max" },
  );

  test("however prices move, a forwarder that chooses so loses at most the credit that it gives", () => {
    let [moved, bothWays] = [0, 0];
    fc.assert(
      fc.property(price, price, moves, (one, two, list) => {
        const asked: Asked = { 1: one, 2: two };
        const world = resellingWorld(asked);
        let [forwarded, before] = [0n, undefined as 1 | 2 | undefined];
        const taken = new Set<number>();
        for (const move of list) {
          if (move === "send") {
            const { cable, bytes } = forward(world, asked, resoldLeases, before);
            [forwarded, before] = [forwarded + bytes, cable];
            if (bytes > 0n) taken.add(cable);
          } else {
            moved += 1;
            ask(world, asked, move.cable, move.price);
          }
          expect(broken(world)).toBeUndefined();
        }
        if (taken.size === 2) bothWays += 1;
        expect(left(world)).toBeGreaterThanOrEqual(fee * forwarded - creditLimit);
      }),
      { numRuns: runs(60) },
    );
    expect(moved).toBeGreaterThan(50);
    expect(bothWays).toBeGreaterThan(5);
  });
});
