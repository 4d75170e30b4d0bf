import fc from "fast-check";
import { expect, test } from "vitest";
import {
  books,
  deliver,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  lose,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import { setPrice } from "../simulator/op.ts";
import { broken } from "../simulator/theorem.ts";
import { wayAt } from "../simulator/world.ts";
import { runs } from "./law-runs.ts";

/** A forwards through B to C; B adds its fee to whatever C charges. */
const fee = 2n;
const line = (): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee }, 3n],
  });

const node = fc.integer({ min: 0, max: 2 });
const moves = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant("send" as const),
        bytes: fc.integer({ min: 1, max: 9 }),
        lost: fc.constantFrom(0, 0, 0, 300, 1000),
        lostNext: fc.constantFrom(0, 0, 300),
      }),
    },
    { weight: 6, arbitrary: fc.record({ op: fc.constant("read" as const), node }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("poke" as const), node }) },
    { weight: 8, arbitrary: fc.record({ op: fc.constant("deliver" as const), at: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("lose" as const), at: fc.nat(20) }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("exchange" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant("price" as const),
        price: fc.integer({ min: 1, max: 12 }),
      }),
    },
  ),
  { minLength: 20, maxLength: 400, size: "max" },
);

/** Everybody reads and everything on the way arrives, twice. */
function exchange(world: LineWorld): void {
  for (let round = 0; round < 2; round++) {
    for (const i of world.nodes.keys()) read(world, i);
    for (let i = 0; world.air.length > 0 && i < 200; i++) deliver(world, 0, false);
  }
}

test("T12: a forwarder that leases only what it holds upstream never loses more than L, whatever prices do", () => {
  let most = 0n;
  fc.assert(
    fc.property(moves, (list) => {
      const world = line();
      drain(world, 4);
      let forwarded = 0n;
      let carried = 0n;
      for (const move of list) {
        switch (move.op) {
          case "send": {
            carried += traffic(world, 0, 0, BigInt(move.bytes), BigInt(move.lost));
            const onwards = wayAt(world, 1, 0);
            const before = onwards.sent;
            traffic(world, 1, 0, carried, BigInt(move.lostNext));
            forwarded += onwards.sent - before;
            carried = 0n; // what the quota refused rode the free class
            break;
          }
          case "read":
            read(world, move.node);
            break;
          case "poke":
            feed(world, move.node, { type: "Poke" });
            break;
          case "deliver":
            deliver(world, move.at, false);
            break;
          case "exchange":
            exchange(world);
            break;
          case "lose":
            lose(world, move.at);
            break;
          case "price":
            setPrice(world, 2, BigInt(move.price));
            break;
        }
        expect(broken(world)).toBeUndefined();
        const cash = books(world, 0, 0).w - books(world, 1, 0).v;
        expect(cash).toBeGreaterThanOrEqual(fee * forwarded - smallTerms.creditLimit);
      }
      if (forwarded > most) most = forwarded;
      expect(nodeAt(world, 1).alarms).toEqual([]);
    }),
    { numRuns: runs(300) },
  );
  expect(most).toBeGreaterThan(100n);
});
