import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pricing } from "#core/node/policy.ts";
import { dearest, due, lastPrice, type Schedule } from "#core/schedule/schedule.ts";
import type { Money } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import {
  books,
  configured,
  deliver,
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

/** A forwards through B to C. B adds its fee to whatever C charges, and the market bounds what it asks. */
const fee = 2n;
const line = (): LineWorld =>
  lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [1n, { fee }, 3n],
  });

const node = fc.integer({ min: 0, max: 2 });
const grains = fc.bigInt({ min: 1n, max: 12n });
const moves = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant("send" as const),
        bytes: fc.bigInt({ min: 1n, max: 9n }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ op: fc.constant("read" as const), node }) },
    { weight: 8, arbitrary: fc.record({ op: fc.constant("deliver" as const), at: fc.nat(20) }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant("exchange" as const) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant("upstream" as const), price: grains }) },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant("ask" as const), least: grains, more: grains }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant("withhold" as const) }) },
  ),
  { minLength: 20, maxLength: 400, size: "max" },
);
type Move = typeof moves extends fc.Arbitrary<readonly (infer M)[]> ? M : never;

/** What B was told to ask last: changes for leases to come. */
function askOf(world: LineWorld, pricing: Pricing): void {
  nodeAt(world, 1).prices = [pricing];
  feed(world, 1, configured(world, 1, false));
}

function play(world: LineWorld, move: Move): bigint {
  const via = nodeAt(world, 2).signer.id;
  switch (move.op) {
    case "send": {
      const carried = traffic(world, 0, 0, move.bytes, 0n);
      const onwards = wayAt(world, 1, 0);
      const before = onwards.sent;
      traffic(world, 1, 0, carried, 0n);
      return onwards.sent - before;
    }
    case "read":
      read(world, move.node);
      return 0n;
    case "deliver":
      deliver(world, move.at, false);
      return 0n;
    case "exchange":
      for (const i of world.nodes.keys()) read(world, i);
      for (let i = 0; world.air.length > 0 && i < 200; i++) deliver(world, 0, false);
      return 0n;
    case "upstream":
      setPrice(world, 2, move.price);
      return 0n;
    case "ask": {
      const [least, most] = [price(move.least), price(move.least + move.more)];
      askOf(world, { kind: "resale", via, fee: price(fee), least, most });
      return 0n;
    }
    case "withhold":
      askOf(world, { kind: "withheld" });
      return 0n;
  }
}

/** What B sells to A, and holds of C. */
function schedules(world: LineWorld) {
  const { neighbours } = nodeAt(world, 1).node.ledger;
  const sold = neighbours[0]?.inbound[0]?.schedule;
  const held = neighbours[1]?.outbound[0]?.schedule;
  if (sold === undefined || held === undefined) throw new Error("no accounts");
  return { sold, held };
}

/** Whether F of what was leased before is what it was (T16). @param known positions and what they cost. */
function isKept(schedule: Schedule, known: ReadonlyMap<Position, Money>): boolean {
  return [...known].every(([at, owed]) => at < schedule.start || due(schedule, at) === owed);
}

test("T12: whatever the market asks, however often and with prices of upstream in motion, a forwarder never loses more than L", () => {
  let leases = 0;
  fc.assert(
    fc.property(moves, (list) => {
      const world = line();
      drain(world, 4);
      let forwarded = 0n;
      const known = new Map<Position, Money>();
      for (const move of list) {
        const before = schedules(world);
        const dear = dearestHeld(world);
        forwarded += play(world, move);
        const after = schedules(world);
        expect(broken(world)).toBeUndefined();
        const cash = books(world, 0, 0).w - books(world, 1, 0).v;
        expect(cash).toBeGreaterThanOrEqual(fee * forwarded - smallTerms.creditLimit);
        expect(isKept(after.sold, known)).toBe(true);
        known.set(after.sold.end, after.sold.endDue);
        if (after.sold.leases === before.sold.leases) continue;
        leases += 1;
        // Within an exchange more may have been bought since it was granted.
        const covered = move.op === "exchange" ? 0n : lesser(dear, dearestHeld(world));
        checkLease(world, lastPrice(after.sold) ?? 0n, covered);
      }
    }),
    { numRuns: runs(200) },
  );
  expect(leases).toBeGreaterThan(100);
});

/** A lease that was just granted covers upstream and fee, and lies within what is asked. */
function checkLease(world: LineWorld, leased: bigint, upstream: bigint): void {
  const [pricing] = nodeAt(world, 1).prices;
  if (pricing?.kind !== "resale") throw new Error("a lease was granted that was withheld");
  expect(leased).toBeLessThanOrEqual(pricing.most ?? leased);
  expect(leased).toBeGreaterThanOrEqual(pricing.least ?? 0n);
  expect(leased).toBeGreaterThanOrEqual(upstream + fee);
}

/** The dearest lease that B holds of C and has not used. */
function dearestHeld(world: LineWorld): bigint {
  const sent = nodeAt(world, 1).node.live[1]?.paths[0]?.sent;
  return sent === undefined ? 0n : (dearest(schedules(world).held, sent) ?? 0n);
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

test("T16: a change of what is asked alters no leased position; one that does (a seeded defect) is seen", () => {
  const world = line();
  drain(world, 4);
  const { sold } = schedules(world);
  const known = new Map([[sold.end, sold.endDue]]);
  askOf(world, {
    kind: "resale",
    via: nodeAt(world, 2).signer.id,
    fee: price(fee),
    least: price(9n),
    most: price(20n),
  });
  expect(isKept(schedules(world).sold, known)).toBe(true);
  const repriced = sold.segments.map((segment) => ({ ...segment, price: price(9n) }));
  const endDue = (sold.end * 9n) as Money;
  expect(sold.end).toBeGreaterThan(0n);
  expect(isKept({ ...sold, segments: repriced, endDue }, known)).toBe(false);
});
