import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterFailure,
  afterOthers,
  afterService,
  firstRest,
  noBackoff,
  strikeLimit,
} from "#core/quality/backoff.ts";
import {
  doubt,
  lossBeyond,
  noStatements,
  type StatedSample,
  statedLimit,
  withStated,
} from "#core/quality/statement-window.ts";

const million = 1_000_000n;

/** Each step: bytes sent, lost of them, and how many of those that arrived no reading had seen yet. */
type Step = readonly [sent: bigint, lost: bigint, late: bigint];

const step = fc
  .tuple(fc.bigInt(1n, 100_000n), fc.bigInt(0n, 1000n), fc.bigInt(0n, 20_000n))
  .map(([sent, perMille, late]): Step => [sent, (sent * perMille) / 1000n, late]);

function stated(steps: readonly Step[]): readonly StatedSample[] {
  let [sent, arrived] = [0n, 0n];
  return steps.map(([more, lost, late]) => {
    sent += more;
    arrived += more - lost;
    return { sent, atLeast: arrived > late ? arrived - late : 0n, atMost: arrived + late };
  });
}

const fold = (samples: readonly StatedSample[]) => samples.reduce(withStated, noStatements);

describe("loss by signed counters", () => {
  test("never finds more than was lost, whenever readings were taken", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), fc.bigInt(0n, million), (steps, share) => {
        const found = lossBeyond(fold(stated(steps)), share);
        const lost = steps.reduce((sum, one) => sum + one[1], 0n);
        return found === undefined || found.lost <= lost;
      }),
    );
  });

  test("holds nothing against whoever loses no more than is put up with, and the doubt", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const kept = steps.map(([sent, , late]): Step => [sent, sent / 50n, late]);
        return lossBeyond(fold(stated(kept)), 20_000n) === undefined;
      }),
    );
  });

  test("finds a loss that sets in after any good time within (doubt + readings) / (loss - share) bytes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.bigInt(60n, 1000n),
        fc.bigInt(1000n, 20_000n),
        (good, perMille, late) => {
          const size = 50_000n;
          const fine = Array.from({ length: good }, (): Step => [size, 0n, late]);
          const bound = ((doubt + 2n * late) * 1000n) / (perMille - 20n);
          const count = Number(bound / size) + 2;
          const bad = Array.from(
            { length: count },
            (): Step => [size, (size * perMille) / 1000n, late],
          );
          return lossBeyond(fold(stated([...fine, ...bad])), 20_000n) !== undefined;
        },
      ),
    );
  });

  test("begins anew with a counter that went back, and keeps no more than its limit", () => {
    const window = fold(stated(Array.from({ length: 500 }, (): Step => [1000n, 0n, 0n])));
    expect(window.length).toBeLessThanOrEqual(statedLimit);
    expect(withStated(window, { sent: 5n, atLeast: 5n, atMost: 5n })).toHaveLength(1);
  });
});

describe("an exit that failed", () => {
  test("rests twice as long each time, up to a limit", () => {
    let one = noBackoff;
    const rests: bigint[] = [];
    for (let i = 0; i < 12; i++) {
      one = afterFailure(one);
      rests.push(one.rest / firstRest);
    }
    expect(rests).toEqual([1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n, 256n, 256n, 256n, 256n]);
    expect(one.strikes).toBe(strikeLimit);
  });

  test("is tried again once others have carried as much, however it is cut up", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, firstRest), { maxLength: 20 }), (parts) => {
        const all = parts.reduce((a, b) => a + b, 0n);
        const after = parts.reduce(afterOthers, afterFailure(noBackoff));
        return after.rest === (all < firstRest ? firstRest - all : 0n);
      }),
    );
  });

  test("is forgiven by service alone: waiting does nothing, and nothing goes below nought", () => {
    let one = afterFailure(afterFailure(noBackoff));
    one = afterOthers(one, 10n ** 30n);
    expect(one.strikes).toBe(2n);
    one = afterService(one, 2n * firstRest);
    expect(one.strikes).toBe(1n);
    one = afterService(one, firstRest - 1n);
    expect(one.strikes).toBe(1n);
    expect(afterService(one, 1n)).toEqual(noBackoff);
    expect(afterService(noBackoff, -5n)).toEqual(noBackoff);
    expect(afterOthers(afterFailure(noBackoff), -5n).rest).toBe(firstRest);
  });
});
