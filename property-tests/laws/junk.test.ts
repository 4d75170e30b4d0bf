import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  areJunkTerms,
  type JunkScore,
  type JunkTerms,
  junkBound,
  junkBytesLimit,
  junkStages,
  moveLimit,
  newJunkScore,
  nextJunkScore,
  shareUnit,
  wayBack,
} from "#core/enforcement/junk.ts";
import { runs } from "./law-runs.ts";

const someTerms: fc.Arbitrary<JunkTerms> = fc
  .record({
    share: fc.bigInt({ min: 1n, max: shareUnit }),
    stopBuying: fc.bigInt({ min: 0n, max: 5000n }),
    more: fc.bigInt({ min: 0n, max: 20_000n }),
    moveBytes: fc.bigInt({ min: 0n, max: 3000n }),
  })
  .map(({ more, ...terms }) => ({ ...terms, freeTier: terms.stopBuying + more }))
  .filter(areJunkTerms);

/** What arrives between two readings. */
interface Span {
  readonly received: bigint;
  readonly junk: bigint;
  readonly moves: bigint;
}

const start = { received: 0n, junk: 0n, moves: 0n };

/** Every score from the first reading on. */
function scores(terms: JunkTerms, spans: readonly Span[]): readonly JunkScore[] {
  let sum = start;
  let score = newJunkScore(start);
  return spans.map(({ received, junk, moves }) => {
    sum = {
      received: sum.received + received,
      junk: sum.junk + junk,
      moves: sum.moves + moves,
    };
    score = nextJunkScore(terms, score, sum);
    return score;
  });
}

const span = (mostReceived: bigint): fc.Arbitrary<Span> =>
  fc
    .record({
      received: fc.bigInt({ min: 0n, max: mostReceived }),
      part: fc.bigInt({ min: 0n, max: 1000n }),
      moves: fc.constantFrom(0n, 0n, 0n, 1n),
    })
    .map(({ received, part, moves }) => ({ received, junk: (received * part) / 1000n, moves }));

describe("an honest neighbour", () => {
  /**
   * Loses in bursts, and sends into every route that moves: a burst of junk within `stopBuying` in all
   * that the share has not made good, and after each move what was on its way then.
   */
  const honest = fc.tuple(
    someTerms,
    fc.array(
      fc.record({
        received: fc.bigInt({ min: 0n, max: 100_000n }),
        burst: fc.bigInt({ min: 0n, max: 6000n }),
        moves: fc.bigInt({ min: 0n, max: moveLimit }),
        astray: fc.bigInt({ min: 0n, max: 30_000n }),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  );

  test("is never touched: bursts within the limit and what was on its way when routes moved are no junk", () => {
    let bursts = 0;
    let moved = 0;
    fc.assert(
      fc.property(honest, ([terms, plan]) => {
        let room = terms.stopBuying * shareUnit; // what bursts may use before the share makes it good
        const spans = plan.map(({ received, burst, moves, astray }): Span => {
          const onTheWay = smallest(astray, moves * terms.moveBytes);
          const whole = received + onTheWay;
          const gained = whole * terms.share;
          const within = smallest(burst, smallest((room + gained) / shareUnit, received));
          room = smallest(terms.stopBuying * shareUnit, room + gained - within * shareUnit);
          if (within > 0n) bursts += 1;
          if (onTheWay > 0n) moved += 1;
          return { received: whole, junk: within + onTheWay, moves };
        });
        for (const { stage } of scores(terms, spans)) expect(stage).toBe("none");
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(bursts, moved)).toBeGreaterThan(100);
  });

  test("that sends no junk is never touched, whatever the terms", () => {
    fc.assert(
      fc.property(someTerms, fc.array(span(10n ** 12n), { maxLength: 30 }), (terms, spans) => {
        for (const { stage, excess } of scores(
          terms,
          spans.map((one) => ({ ...one, junk: 0n })),
        )) {
          expect([stage, excess]).toEqual(["none", 0n]);
        }
      }),
      { numRuns: runs(100) },
    );
  });
});

describe("an attacker", () => {
  test("gets no more junk by than the share, a burst, what routes excused, and what came since the last reading", () => {
    let caught = 0;
    fc.assert(
      fc.property(
        someTerms,
        fc.array(span(50_000n), { minLength: 1, maxLength: 60 }),
        (terms, spans) => {
          const all = scores(terms, spans);
          const at = all.findIndex(({ stage }) => stage !== "none");
          if (at >= 0) caught += 1;
          const until = at < 0 ? spans.length : at;
          const before = spans.slice(0, until);
          const sum = (key: keyof Span) => before.reduce((total, one) => total + one[key], 0n);
          expect(sum("junk")).toBeLessThanOrEqual(junkBound(terms, sum("received"), sum("moves")));
          expect(all[until]?.junk ?? 0n).toBeLessThanOrEqual(
            junkBound(terms, sum("received"), sum("moves")) + (spans[until]?.received ?? 0n),
          );
        },
      ),
      { numRuns: runs(300) },
    );
    expect(caught).toBeGreaterThan(50);
  });

  test("that sends nothing but junk goes to the free tier, over refused leases", () => {
    const terms = { share: 20_000n, stopBuying: 1000n, freeTier: 4000n, moveBytes: 0n };
    const spans = Array.from({ length: 60 }, () => ({ received: 100n, junk: 100n, moves: 0n }));
    const stages = [...new Set(scores(terms, spans).map(({ stage }) => stage))];
    expect(stages).toEqual([...junkStages]);
  });

  test("is stopped by the strictest terms that there are, and by the mildest once it is far enough", () => {
    const strict = { share: 1n, stopBuying: 0n, freeTier: 1n, moveBytes: 0n };
    expect(scores(strict, [{ received: 2n, junk: 2n, moves: 0n }])[0]?.stage).toBe("free tier");
    const mild = { ...strict, stopBuying: junkBytesLimit, freeTier: junkBytesLimit };
    const flood = { received: 2n * junkBytesLimit, junk: 2n * junkBytesLimit, moves: 0n };
    expect(scores(mild, [flood])[0]?.stage).toBe("free tier");
  });

  test("saves nothing up: good bytes of before buy no junk later", () => {
    const terms = { share: 20_000n, stopBuying: 1000n, freeTier: 4000n, moveBytes: 0n };
    const flood = Array.from({ length: 12 }, () => ({ received: 100n, junk: 100n, moves: 0n }));
    const good = { received: 10n ** 12n, junk: 0n, moves: 0n };
    expect(scores(terms, [good, ...flood]).at(-1)?.stage).toBe("stop buying");
  });
});

test("there is a way back, of known length: so many good bytes, and everything is forgiven", () => {
  fc.assert(
    fc.property(someTerms, fc.array(span(10n ** 9n), { maxLength: 20 }), (terms, spans) => {
      const good = { received: wayBack(terms), junk: 0n, moves: 0n };
      const last = scores(terms, [...spans, good]).at(-1);
      expect([last?.stage, last?.excess]).toEqual(["none", 0n]);
    }),
    { numRuns: runs(100) },
  );
});

test("it does not flutter: between half of a limit and the limit everything stays as it is", () => {
  const terms = { share: shareUnit / 2n, stopBuying: 1000n, freeTier: 100_000n, moveBytes: 0n };
  const up = { received: 3000n, junk: 3000n, moves: 0n };
  const down = { received: 1800n, junk: 0n, moves: 0n };
  const more = { received: 600n, junk: 600n, moves: 0n };
  const stages = scores(terms, [up, down, more, down, down]).map(({ stage }) => stage);
  expect(stages).toEqual(["stop buying", "stop buying", "stop buying", "none", "none"]);
});

test("counters that begin anew are counted once, and readings of nothing change nothing", () => {
  fc.assert(
    fc.property(someTerms, span(10_000n), span(10_000n), (terms, first, second) => {
      const score = nextJunkScore(terms, newJunkScore(start), first);
      expect(nextJunkScore(terms, score, { ...score.last })).toEqual({
        ...score,
        excuse: score.excuse,
      });
      fc.pre(second.received < first.received);
      const anew = nextJunkScore(terms, score, { ...second, moves: first.moves });
      expect(anew.received).toBe(first.received + second.received);
      expect(anew.junk).toBe(first.junk + second.junk);
    }),
    { numRuns: runs(100) },
  );
});

test("terms without a way back, upside down, or beyond their limits are refused", () => {
  const terms = { share: 1n, stopBuying: 0n, freeTier: junkBytesLimit, moveBytes: 0n };
  expect(areJunkTerms(terms)).toBe(true);
  expect(areJunkTerms({ ...terms, freeTier: 1n })).toBe(true);
  expect(areJunkTerms({ ...terms, freeTier: 0n })).toBe(false); // nothing would ever be held against anybody
  expect(areJunkTerms({ ...terms, share: 0n })).toBe(false);
  expect(areJunkTerms({ ...terms, share: shareUnit + 1n })).toBe(false);
  expect(areJunkTerms({ ...terms, stopBuying: junkBytesLimit + 1n })).toBe(false);
  expect(areJunkTerms({ ...terms, stopBuying: 2n, freeTier: 1n })).toBe(false);
  expect(areJunkTerms({ ...terms, freeTier: junkBytesLimit + 1n })).toBe(false);
  expect(areJunkTerms({ ...terms, moveBytes: -1n })).toBe(false);
});

function smallest(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
