import fc from "fast-check";
import { expect, test } from "vitest";
import { pairLeaf } from "#adapters/queueing/htb.ts";
import { leavesOf, pairClass } from "#adapters/queueing/pair-queues.ts";
import { planFault } from "#adapters/queueing/plan-fault.ts";
import { tunnelQueues } from "#adapters/queueing/tunnel-queues.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import { pairPlans } from "#agent/agent/pair-plans.ts";
import { bidderLimit } from "#core/queue/bids.ts";
import { nodeId } from "#core/units/node-id.ts";
import { accepted, complaints, neighbour, nodeIdOf } from "../config/config-bench.ts";
import { runs } from "./law-runs.ts";

interface Bidder {
  readonly send: number;
  readonly receive: number;
}

/** Exits of clients, each with its bids, in grains a byte: together with the price within the cap. */
function bidding(bidders: readonly Bidder[], own = 0, changes: object = {}) {
  const neighbours = bidders.map(({ send, receive }, i) => ({
    ...Object(neighbour(i + 1)),
    price: "1000",
    delivery: "exit",
    tariff: "1000",
    send_bid: `${send}`,
    receive_bid: `${receive}`,
  }));
  return accepted(JSON.stringify({ own_bid: `${own}`, ...changes, neighbours }));
}

const drawnOf = (config: ReturnType<typeof bidding>) => blueprint(nodeId(nodeIdOf(99)), config);

const bids = fc.array(
  fc.record({ send: fc.integer({ min: 0, max: 9 }), receive: fc.integer({ min: 0, max: 9 }) }),
  { minLength: 2, maxLength: 12 },
);

test("A, C and D of the example have the order of their sums on each tunnel: to A first C then D, to C first A then D, to D first A then C", () => {
  const config = bidding([
    { receive: 5, send: 5 },
    { receive: 3, send: 4 },
    { receive: 2, send: 1 },
  ]);
  const order = drawnOf(config).neighbours.map(({ queue }) =>
    (queue.pairs ?? []).map(({ from, priority }) => [from, priority]),
  );
  expect(order).toEqual([
    [
      [1, 0],
      [2, 3],
    ],
    [
      [0, 1],
      [2, 4],
    ],
    [
      [0, 2],
      [1, 3],
    ],
  ]);
});

test("nobody is starved: every pair has a class with a rate of its own, and all of them fit into the tunnel", () => {
  let classes = 0;
  fc.assert(
    fc.property(
      bids,
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom("open" as const, "throttled" as const),
      fc.boolean(),
      (list, own, floor, standing, free) => {
        const config = bidding(list, own, { bid_floor: `${floor}%` });
        const { neighbours } = drawnOf(config);
        expect(
          planFault(
            neighbours.map(({ queue }) => queue),
            [],
          ),
        ).toBeUndefined();
        for (const { queue } of neighbours) {
          const tree = tunnelQueues(free, queue, standing, "bfifo");
          const settings = (id: string) => {
            const { rate = 0n, prio = 0n } = tree.find((part) => part.id === id)?.settings ?? {};
            return { rate, prio };
          };
          const inner = tree.filter(({ parent, kind }) => parent === "1:2" && kind === "class");
          const sum = inner.reduce((all, { id }) => all + settings(id).rate, 0n);
          expect(sum).toBeLessThanOrEqual(settings("1:2").rate);
          for (const pair of queue.pairs ?? []) {
            const one = settings(pairClass(pair.from));
            expect(one.rate).toBeGreaterThan(0n);
            expect(one.prio).toBe(BigInt(pair.priority));
            expect(one.prio).toBeLessThan(free ? settings("1:30").prio : 8n);
            classes += 1;
          }
        }
      },
    ),
    { numRuns: runs(80) },
  );
  expect(classes).toBeGreaterThan(1000);
});

test("what may wait in all leaves of a tunnel is what quotas keep back for them", () => {
  fc.assert(
    fc.property(bids, (list) => {
      for (const { queue } of drawnOf(bidding(list, 1)).neighbours) {
        const leaves = tunnelQueues(false, queue, "open", "bfifo").filter(
          ({ kind }) => kind === "bfifo",
        );
        expect(leaves.length).toBe(leavesOf(queue));
        const each = pairLeaf(queue.linkRate, leavesOf(queue));
        for (const {
          settings: { limit = 0n },
        } of leaves)
          expect(limit).toBe(each);
      }
    }),
    { numRuns: runs(30) },
  );
});

test("a bid is a surcharge on each byte: of the class for sending, of the delivery for receiving", () => {
  const [one] = drawnOf(bidding([{ send: 7, receive: 3 }])).neighbours;
  expect(one?.policy.prices).toEqual([
    { kind: "fixed", price: 1007n },
    { kind: "fixed", price: 1003n },
  ]);
});

test("where nobody bids everything is queued as ever, and our own users may outbid a neighbour", () => {
  expect(pairPlans(bidding([{ send: 0, receive: 0 }]), () => 0).size).toBe(0);
  const config = bidding(
    [
      { send: 1, receive: 0 },
      { send: 0, receive: 0 },
    ],
    5,
  );
  const [, second] = drawnOf(config).neighbours;
  expect(second?.queue.ownPriority).toBe(0);
  expect(second?.queue.pairs?.[0]?.priority).toBeGreaterThan(0);
});

test("bids that are none, above the cap, for receiving without a delivery, without a floor, and of too many are refused with what is allowed", () => {
  const of = (change: object, main: object = {}) =>
    complaints(JSON.stringify({ ...main, neighbours: [{ ...Object(neighbour(1)), ...change }] }));
  expect(of({ send_bid: "-1" })).toContain("send_bid");
  expect(of({ send_bid: "1000000000001" })).toContain("0 to 1000000000000 grains");
  expect(of({ send_bid: "0.09/GB" })).toContain("on top of");
  expect(of({ price: "0.01/GB", send_bid: "0.09/GB" }, { bid_floor: "0%" })).toContain("starved");
  expect(of({ receive_bid: "0.01/GB" })).toContain("only a client is charged");
  expect(of({ delivery: "exit", tariff: "0.09/GB", receive_bid: "0.02/GB" })).toContain(
    "on top of",
  );
  const many = Array.from({ length: bidderLimit }, (_, i) => ({
    ...Object(neighbour(i + 1)),
    send_bid: "1",
  }));
  expect(complaints(JSON.stringify({ neighbours: many }))).toContain(
    "at most 31 neighbours that bid",
  );
});
