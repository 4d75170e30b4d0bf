import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AutoRate, autoRate, nextRate } from "#core/queue/auto-rate.ts";

const limits = { least: 1_000_000n, most: 100_000_000n, tolerated: 15_000n };

/** Microseconds between two steps. */
const step = 100_000n;

/** A cable of so much capacity, with a queue before it that only drops at half a second. */
function lived(
  capacity: (i: number) => bigint,
  steps: number,
  { offered = 10n ** 9n, queue: standing = 0n, least = limits.least } = {},
) {
  const bounds = { ...limits, least };
  let state: AutoRate = autoRate(bounds);
  let queue = standing; // bits
  const seen: { readonly rate: bigint; readonly bloat: bigint }[] = [];
  for (let i = 0; i < steps; i++) {
    const carries = capacity(i);
    const sent = offered < state.rate ? offered : state.rate;
    const most = carries / 2n;
    queue += ((sent - carries) * step) / 1_000_000n;
    if (queue < 0n) queue = 0n;
    if (queue > most) queue = most;
    const bloat = (queue * 1_000_000n) / carries;
    const left = sent < carries ? sent : carries;
    state = nextRate(bounds, state, { delay: 20_000n + bloat, sent: left });
    seen.push({ rate: state.rate, bloat });
  }
  return seen;
}

describe("a rate by measured bloat", () => {
  test("comes to what the cable carries, and stays near it, with little waiting", () => {
    fc.assert(
      fc.property(fc.bigInt(3_000_000n, 90_000_000n), (capacity) => {
        const late = lived(() => capacity, 600).slice(200);
        const mean = late.reduce((sum, { rate }) => sum + rate, 0n) / BigInt(late.length);
        expect(mean * 10n > capacity * 7n).toBe(true);
        expect(mean < (capacity * 12n) / 10n).toBe(true);
        const bloats = late.map(({ bloat }) => bloat).sort((a, b) => (a < b ? -1 : 1));
        // Without the rule half a second waits, always.
        expect((bloats[Math.floor(bloats.length * 0.5)] ?? 0n) < 40_000n).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("is there within 45 steps from a hundredth of it: the first steps are larger", () => {
    fc.assert(
      fc.property(fc.bigInt(3_000_000n, 99_000_000n), (capacity) => {
        const reached = lived(() => capacity, 45).map(({ rate }) => rate);
        expect(reached.some((rate) => rate * 10n > capacity * 8n)).toBe(true);
        const late = lived(() => capacity, 90).slice(45);
        const mean = late.reduce((sum, { rate }) => sum + rate, 0n) / BigInt(late.length);
        expect(mean * 10n > capacity * 7n).toBe(true);
        expect(mean < (capacity * 12n) / 10n).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("does not take a queue that stands when it begins for an empty one", () => {
    fc.assert(
      fc.property(fc.bigInt(3_000_000n, 90_000_000n), (capacity) => {
        // Three steps of it wait already, and what is sent at least leaves half of it free.
        const begun = { queue: (3n * capacity) / 10n, least: capacity / 2n };
        const late = lived(() => capacity, 60, begun).slice(5);
        const bloats = late.map(({ bloat }) => bloat).sort((a, b) => (a < b ? -1 : 1));
        expect((bloats[Math.floor(bloats.length * 0.5)] ?? 0n) < 40_000n).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test("follows a cable that becomes slower, and one that becomes faster", () => {
    const seen = lived((i) => (i < 300 ? 50_000_000n : i < 600 ? 10_000_000n : 50_000_000n), 1200);
    const near = (from: number, capacity: bigint) => {
      const part = seen.slice(from, from + 100);
      const mean = part.reduce((sum, { rate }) => sum + rate, 0n) / 100n;
      expect(mean * 10n > capacity * 6n && mean * 10n < capacity * 13n).toBe(true);
    };
    near(200, 50_000_000n);
    near(500, 10_000_000n);
    near(1100, 50_000_000n);
  });

  test("never leaves its bounds, whatever is measured", () => {
    const sample = fc.record({
      delay: fc.bigInt(-(10n ** 9n), 10n ** 9n),
      sent: fc.bigInt(0n, 10n ** 12n),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 100 }), (samples) => {
        let state = autoRate(limits);
        for (const one of samples) {
          state = nextRate(limits, state, one);
          expect(state.rate >= limits.least && state.rate <= limits.most).toBe(true);
        }
      }),
    );
  });

  test("a link that nobody uses keeps its rate: an empty one tells nothing", () => {
    const seen = lived(() => 50_000_000n, 100, { offered: 100_000n });
    expect(new Set(seen.map(({ rate }) => rate)).size).toBe(1);
  });
});
