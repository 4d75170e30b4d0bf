import fc from "fast-check";
import { expect, test } from "vitest";
import { rateBook, toleratedBloat } from "#agent/routing/rate-keeper.ts";
import type { NodeId } from "#core/units/node-id.ts";

const id = "02".padEnd(66, "1") as NodeId;
const limits = { least: 2_000_000n, most: 20_000_000n, tolerated: toleratedBloat };

/** What a probe would say of a link. */
function looked(sent: bigint | undefined, recentDelay: bigint | undefined, answered = true) {
  return {
    answered: () => answered,
    totals: () => (sent === undefined ? undefined : { sent, received: sent }),
    measured: () => ({ lossOut: 0n, lossIn: 0n, delay: recentDelay, recentDelay }),
  };
}

/**
 * A cable that carries so many bits a second before a queue of a quarter of a second, and somebody who
 * always sends as much as the rate lets through. @returns rates and queueing delays, second by second
 */
function onCable(capacity: bigint, seconds: number) {
  const book = rateBook();
  const rates: bigint[] = [];
  const waits: bigint[] = [];
  let [sent, queued, rate] = [0n, 0n, limits.least];
  for (let second = 0; second < seconds; second++) {
    sent += rate / 8n;
    const more = queued + rate - capacity;
    const room = capacity / 4n;
    queued = more < 0n ? 0n : more < room ? more : room;
    const wait = (queued * 1_000_000n) / capacity;
    rate = book.look(id, limits, looked(sent, 4000n + wait), second * 1000);
    rates.push(rate);
    waits.push(wait);
  }
  return { rates, waits };
}

test("on a cable that carries less than link_rate the rate settles below it, and little waits", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 3_000_000n, max: 18_000_000n }), (capacity) => {
      const { rates, waits } = onCable(capacity, 300);
      const late = rates.slice(150);
      const mean = late.reduce((sum, one) => sum + one, 0n) / BigInt(late.length);
      expect(mean * 100n).toBeGreaterThan(capacity * 80n);
      expect(mean * 100n).toBeLessThan(capacity * 106n);
      const sorted = waits.slice(150).toSorted((a, b) => (a < b ? -1 : 1));
      expect(sorted[sorted.length >> 1]).toBeLessThan(toleratedBloat * 3n);
    }),
    { numRuns: 40 },
  );
});

test("on a cable that carries more the rate becomes link_rate, and never more", () => {
  const { rates } = onCable(90_000_000n, 300);
  expect(rates.at(-1)).toBe(limits.most);
  expect(rates.every((one) => one <= limits.most && one >= limits.least)).toBe(true);
});

test("a neighbour that answers no probes has what the configuration says", () => {
  const book = rateBook();
  expect(book.look(id, limits, looked(undefined, undefined, false), 0)).toBe(limits.most);
  expect(book.look(id, limits, looked(5n, undefined), 1000)).toBe(limits.most);
});

test("a counter that began anew, a clock that stands, and one that ran back break nothing", () => {
  const book = rateBook();
  for (const [sent, now] of [
    [1_000_000n, 0],
    [9_000_000n, 1000],
    [5n, 2000],
    [6n, 2000],
    [7_000_000n, 1000],
  ] as const) {
    const rate = book.look(id, limits, looked(sent, 4000n), now);
    expect(rate >= limits.least && rate <= limits.most).toBe(true);
  }
});

test("who is no neighbour any more is forgotten", () => {
  const book = rateBook();
  for (let second = 0; second < 20; second++) {
    book.look(id, limits, looked(BigInt(second) * 1_000_000n, 4000n), second * 1000);
  }
  book.among(new Set());
  expect(book.look(id, limits, looked(0n, 4000n), 30_000)).toBe(limits.least);
});
