import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bid, bidderLimit, bidLimit, pairQueues, priorityLimit } from "#core/queue/bids.ts";

const bid = (receive: bigint, send: bigint): Bid => ({ receive, send });

test("three neighbours that bid 5 and 5, 3 and 4, 2 and 1 are served in the order of their sums", () => {
  const bids = new Map([
    ["A", bid(5n, 5n)],
    ["C", bid(3n, 4n)],
    ["D", bid(2n, 1n)],
  ]);
  const queues = pairQueues(bids, 6_000_000n, 300_000n);
  expect(
    queues.map(({ from, to, bid: sum, priority }) => [`${from}->${to}`, sum, priority]),
  ).toEqual([
    ["C->A", 9n, 0],
    ["A->C", 8n, 1],
    ["A->D", 7n, 2],
    ["C->D", 6n, 3],
    ["D->A", 6n, 3],
    ["D->C", 4n, 4],
  ]);
  expect(queues.map(({ floor }) => floor)).toEqual(Array(6).fill(300_000n));
});

const amounts = fc.bigInt({ min: 0n, max: bidLimit });
const bidders = fc.array(fc.record({ receive: amounts, send: amounts }), { maxLength: 12 });
const named = (list: readonly Bid[]) => new Map(list.map((one, i) => [`n${i}`, one]));

test("who bids more never goes after who bids less, and everybody has a floor that the link can bear", () => {
  fc.assert(
    fc.property(
      bidders,
      fc.bigInt({ min: 0n, max: 10n ** 10n }),
      fc.bigInt({ min: 0n, max: 1_000_000n }),
      (list, link, share) => {
        const queues = pairQueues(named(list), link, share);
        expect(queues.length).toBe(list.length * Math.max(0, list.length - 1));
        for (const [i, queue] of queues.entries()) {
          const next = queues[i + 1];
          expect(queue.priority).toBeGreaterThanOrEqual(0);
          expect(queue.priority).toBeLessThan(priorityLimit);
          if (next === undefined) continue;
          expect(queue.bid).toBeGreaterThanOrEqual(next.bid);
          expect(queue.priority).toBeLessThanOrEqual(next.priority);
          if (queue.bid === next.bid) expect(queue.priority).toBe(next.priority);
        }
        const floors = queues.reduce((sum, { floor }) => sum + floor, 0n);
        expect(floors * 1_000_000n).toBeLessThanOrEqual(link * share);
      },
    ),
  );
});

test("the order in which neighbours are named changes nothing", () => {
  fc.assert(
    fc.property(bidders, (list) => {
      const bids = named(list);
      const backwards = new Map([...bids].reverse());
      expect(pairQueues(backwards, 1000n, 1000n)).toEqual(pairQueues(bids, 1000n, 1000n));
    }),
  );
});

test("a bid that is none, a floor above the link, and too many bidders are refused with what is allowed", () => {
  const one = (of: Bid) => () => pairQueues(new Map([["A", of]]), 1n, 1n);
  expect(one(bid(-1n, 0n))).toThrow("the bid of A, receive -1, send 0");
  expect(one(bid(0n, bidLimit + 1n))).toThrow(`0 to ${bidLimit}`);
  expect(one(bid(bidLimit, bidLimit))).not.toThrow();
  expect(() => pairQueues(new Map(), 1n, 1_000_001n)).toThrow("at most a million");
  expect(() => pairQueues(new Map(), 1n, 1n, -1n)).toThrow("our own bid, -1");
  expect(() => pairQueues(new Map(), 1n, 1n, bidLimit + 1n)).toThrow("our own bid");
  const many = named(Array.from({ length: bidderLimit + 1 }, () => bid(0n, 0n)));
  expect(() => pairQueues(many, 1n, 1n)).toThrow(`at most ${bidderLimit}`);
});
