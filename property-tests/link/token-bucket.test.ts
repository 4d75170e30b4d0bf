import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { manualClock } from "#adapters/clock/monotonic-clock.ts";
import { tokenBucket } from "#adapters/link/token-bucket.ts";

const share = { perSecond: 10, burst: 5 };

describe("a neighbour's share", () => {
  test("is full at first, then refills as time goes by, and no further than full", () => {
    const clock = manualClock();
    const bucket = tokenBucket(share, clock.milliseconds());
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take(clock.milliseconds())) taken += 1;
      return taken;
    };
    expect(takeAll()).toBe(5);
    clock.advance(99);
    expect(takeAll()).toBe(0);
    clock.advance(1);
    expect(takeAll()).toBe(1);
    clock.advance(1_000_000_000);
    expect(takeAll()).toBe(5);
  });

  test("is never exceeded, however the moments fall, fractions of a millisecond too", async () => {
    const steps = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 200 });
    await fc.assert(
      fc.property(steps, (waits) => {
        const clock = manualClock();
        const bucket = tokenBucket(share, clock.milliseconds());
        let taken = 0;
        for (const wait of waits) {
          clock.advance(wait);
          while (bucket.take(clock.milliseconds())) taken += 1;
          const earned = (clock.milliseconds() * share.perSecond) / 1000;
          expect(taken).toBeLessThanOrEqual(share.burst + earned + 1e-6);
          expect(taken).toBeGreaterThan(Math.min(share.burst, earned) - 1.02);
        }
      }),
    );
  });
});

test("a clock set by hand goes forward only", () => {
  const clock = manualClock();
  expect(() => clock.advance(-1)).toThrow("forward only");
  expect(() => clock.advance(Number.NaN)).toThrow("forward only");
});
