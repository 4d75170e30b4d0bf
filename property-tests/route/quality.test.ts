import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  emptyWindow,
  type LossSample,
  lossOf,
  sampleLimit,
  withSample,
} from "#core/quality/loss-window.ts";
import {
  delayOf,
  type RoundTrips,
  roundTripLimit,
  withRoundTrip,
} from "#core/quality/round-trips.ts";
import { steady } from "#core/route/steady.ts";

/** What both ends count where each step sends so many bytes and loses so many of them. */
function samplesOf(
  steps: readonly (readonly [sent: bigint, lost: bigint])[],
): readonly LossSample[] {
  let [sent, received] = [0n, 0n];
  return steps.map(([more, lost]) => {
    sent += more;
    received += more - lost;
    return { sent, received };
  });
}

const fold = (samples: readonly LossSample[]) => samples.reduce(withSample, emptyWindow);

describe("the loss of a link", () => {
  test("is what was injected, whatever the rate, to what a packet or two make of it", () => {
    fc.assert(
      fc.property(fc.bigInt(10_000n, 1_000_000n), fc.bigInt(0n, 300n), (bytes, perMille) => {
        const steps = Array.from(
          { length: 60 },
          () => [bytes, (bytes * perMille) / 1000n] as const,
        );
        const loss = lossOf(fold(samplesOf(steps))) ?? -1n;
        const least = perMille * 1000n - (1500n * 1_000_000n) / (19n * bytes) - 1000n;
        return loss <= perMille * 1000n && loss >= least;
      }),
    );
  });

  test("is nothing where nothing is lost, though handshakes cross and packets are on their way", () => {
    const quiet = samplesOf(
      Array.from({ length: 600 }, (_, i) => [500n, i % 100 === 0 ? 148n : 0n]),
    );
    expect(lossOf(fold(quiet))).toBe(0n);
    expect(
      lossOf(
        fold(
          samplesOf([...Array.from({ length: 3 }, () => [0n, 0n] as const), [100_000n, -3000n]]),
        ),
      ),
    ).toBe(0n);
  });

  test("bytes that pass between our reading and the probe are no loss, unless at four probes in a row", () => {
    const step = fc.record({ sent: fc.bigInt(0n, 20_000n), late: fc.bigInt(0n, 20_000n) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 300 }), fc.nat(10), (all, shift) => {
        const steps = all.map((one) => ({ ...one, sent: one.sent >> BigInt(shift) }));
        let sent = 0n;
        const samples = steps.map((one, i) => {
          sent += one.sent;
          // What is sent after the reading arrives before the probe: more has arrived than was counted.
          const late = i % 4 === 3 ? 0n : one.late;
          const sample = { sent, received: sent + late };
          sent += late;
          return sample;
        });
        for (let told = 1; told <= samples.length; told++) {
          const loss = lossOf(fold(samples.slice(0, told)));
          if (loss !== undefined && loss > 0n) return false;
        }
        return true;
      }),
    );
  });

  test("of old samples those that were read in time are kept", () => {
    for (const inTime of [0, 1]) {
      const samples = Array.from({ length: 400 }, (_, i): LossSample => {
        const sent = BigInt(i) * 4000n;
        return { sent, received: sent + (i % 2 === inTime ? 0n : 3900n) };
      });
      for (let told = 4; told <= samples.length; told++) {
        expect([told, lossOf(fold(samples.slice(0, told))) ?? 0n]).toEqual([told, 0n]);
      }
    }
  });

  test("is unknown before anything was sent", () => {
    expect(lossOf(emptyWindow)).toBeUndefined();
    expect(
      lossOf(
        fold(
          samplesOf([
            [100n, 0n],
            [100n, 0n],
          ]),
        ),
      ),
    ).toBeUndefined();
  });

  test("that comes suddenly is told within the last samples, not at the end of the window", () => {
    const before = Array.from({ length: 100 }, () => [5000n, 0n] as const);
    const after = Array.from({ length: 25 }, () => [5000n, 1500n] as const);
    expect(lossOf(fold(samplesOf([...before, ...after])))).toBeGreaterThan(250_000n);
  });

  test("begins anew where a counter does, and never holds more samples than the limit", () => {
    const window = fold(samplesOf(Array.from({ length: 1000 }, () => [1000n, 0n] as const)));
    expect(window.length).toBeLessThanOrEqual(sampleLimit);
    expect(window[0]?.sent).toBeLessThan(window[window.length - 1]?.sent ?? 0n);
    expect(withSample(window, { sent: 5n, received: 5n })).toEqual([{ sent: 5n, received: 5n }]);
  });

  test("is never negative and never more than all, whatever a neighbour says", () => {
    const any = fc.record({ sent: fc.bigInt(0n, 1n << 64n), received: fc.bigInt(0n, 1n << 64n) });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 200 }), (samples) => {
        const loss = lossOf(fold(samples));
        return loss === undefined || (loss >= 0n && loss <= 1_000_000n);
      }),
    );
  });
});

describe("the delay of a link", () => {
  test("is half the round trip without what the other end held, by the median", () => {
    const trips = [30n, 5000n, 20n, 40n, 9000n].reduce(
      (all: RoundTrips, trip) => withRoundTrip(all, trip + 700n, 700n),
      [],
    );
    expect(delayOf(trips)).toBe(20n);
    expect(delayOf([])).toBeUndefined();
  });

  test("ignores what no clocks can say, and keeps the last ones only", () => {
    expect(withRoundTrip([], 10n, 11n)).toEqual([]);
    expect(withRoundTrip([], -1n, 0n)).toEqual([]);
    const many = Array.from({ length: 100 }, (_, i) => BigInt(i));
    const kept = many.reduce((all: RoundTrips, trip) => withRoundTrip(all, trip, 0n), []);
    expect(kept).toEqual(many.slice(-roundTripLimit));
  });
});

describe("a value that is told on", () => {
  test("is within a quarter or the floor of what is measured, and stays while it is", () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 9n),
        fc.bigInt(0n, 10n ** 9n),
        fc.bigInt(0n, 10_000n),
        (told, seen, floor) => {
          const next = steady(told, seen, { floor });
          const far = next > seen ? next - seen : seen - next;
          expect(far <= (told >> 2n > floor ? told >> 2n : floor)).toBe(true);
          expect(steady(next, next, { floor })).toBe(next);
        },
      ),
    );
  });
});
