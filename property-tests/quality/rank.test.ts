import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  believed,
  delayMeasure,
  factorOf,
  faded,
  forgettingBytes,
  lossMeasure,
  neutral,
  noEvidence,
  withFinding,
  worst,
} from "#core/quality/evidence.ts";
import {
  afterTraffic,
  amongOnly,
  emptyTable,
  type Factors,
  factorsTo,
  globalFactors,
  type PathMeasurement,
  type RankTable,
  rankedDestinations,
  rankedNeighbours,
  withMeasurement,
} from "#core/quality/rank-table.ts";
import { attenuationOf, lossPpmOf } from "#core/route/attenuation.ts";
import { believedQuality } from "#core/route/believed-quality.ts";
import { bestBuy } from "#core/route/best-buy.ts";
import type { RouteVector } from "#core/route/vector.ts";
import type { NodeId } from "#core/units/node-id.ts";

const [liar, other] = ["02aa", "02bb"] as unknown as readonly [NodeId, NodeId];
const million = 1_000_000n;

/** So many bytes through a neighbour, of which a share is lost, against what was advertised. */
function sample(more: Partial<PathMeasurement> & { readonly ppm?: bigint }): PathMeasurement {
  const { ppm = 0n, sent = 262_144n, ...rest } = more;
  return {
    neighbour: liar,
    destination: "10.0.0.1/32",
    sent,
    lost: (sent * ppm) / million,
    delay: undefined,
    advertised: { loss: 0n, delay: 10_000n },
    ...rest,
  };
}

const fold = (samples: readonly PathMeasurement[], table: RankTable = emptyTable) =>
  samples.reduce(withMeasurement, table);

const vector = (loss: bigint, delay: bigint, price = 100n): RouteVector => ({
  price,
  attenuation: attenuationOf(loss),
  delay,
});

const preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

/** Which of two neighbours is taken, each as it is believed. */
function taken(a: RouteVector, b: RouteVector): number | undefined {
  const candidate = (hop: string, way: RouteVector) => {
    return { hop, feasible: true, alive: true, vector: way, cap: 10_000n };
  };
  return bestBuy([candidate("a", a), candidate("b", b)], undefined, preference).taken;
}

describe("a neighbour that delivers worse than it advertises", () => {
  const share = fc.bigInt(0n, 900_000n);

  test("is believed at least w / (w + prior) of the way to what was measured, after w bytes, whatever it says", () => {
    fc.assert(
      fc.property(share, share, fc.integer({ min: 1, max: 60 }), (a, b, count) => {
        const [said, truth] = a < b ? [a, b] : [b, a];
        const one = sample({ ppm: truth, advertised: { loss: said, delay: 0n } });
        const table = fold(Array.from({ length: count }, () => one));
        const factor = factorsTo(table, liar, one.destination).loss;
        const weight = one.sent * BigInt(count);
        const come = ((truth - said) * weight) / (weight + lossMeasure.prior);
        // What was lost is a whole number of bytes, and a factor has twenty bits behind the point.
        return believed(said, factor, lossMeasure) + 10n >= said + come;
      }),
    );
  });

  test("loses to an honest one of the same price within 16 samples of 256 KiB", () => {
    fc.assert(
      fc.property(fc.bigInt(30_000n, 900_000n), (truth) => {
        const table = fold(Array.from({ length: 16 }, () => sample({ ppm: truth })));
        const lying = believedQuality(vector(0n, 10_000n), factorsTo(table, liar, "10.0.0.1/32"));
        const honest = vector(truth / 2n, 10_000n);
        return taken(lying, honest) === 1 && taken(vector(0n, 10_000n), honest) === 0;
      }),
    );
  });

  test("loses by its delay as well", () => {
    const one = sample({ delay: 200_000n, advertised: { loss: 0n, delay: 10_000n } });
    const table = fold(Array.from({ length: 16 }, () => one));
    const lying = believedQuality(vector(0n, 10_000n), factorsTo(table, liar, one.destination));
    expect(lying.delay).toBeGreaterThan(120_000n);
    expect(taken(lying, vector(0n, 60_000n))).toBe(1);
  });

  test("gets it all back by delivering what it says, and half by what we send elsewhere", () => {
    const bad = fold(Array.from({ length: 64 }, () => sample({ ppm: 200_000n })));
    const factor = (table: RankTable) => factorsTo(table, liar, "10.0.0.1/32").loss;
    expect(factor(bad)).toBeGreaterThan(30n * neutral);
    const good = fold(
      Array.from({ length: 1200 }, () => sample({})),
      bad,
    );
    expect(factor(good)).toBeLessThan((neutral * 101n) / 100n);
    let forgotten = bad;
    for (let i = 0; i < 20; i++) forgotten = afterTraffic(forgotten, forgettingBytes);
    expect(factor(forgotten)).toBeLessThan((neutral * 101n) / 100n);
  });

  test("cannot save up trust: what it can hide behind better days is one memory of bytes", () => {
    const modest = sample({ ppm: 0n, advertised: { loss: 100_000n, delay: 0n } });
    const saved = fold(Array.from({ length: 1000 }, () => modest));
    expect(factorsTo(saved, liar, modest.destination).loss).toBe(neutral);
    const turned = fold(
      Array.from({ length: 128 }, () => sample({ ppm: 100_000n })),
      saved,
    );
    expect(factorsTo(turned, liar, modest.destination).loss).toBeGreaterThan(2n * neutral);
  });
});

describe("an honest neighbour", () => {
  test("whose loss comes in bursts of half of all packets is never taken for twice as bad, after 4 MiB", () => {
    const bursts = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 20 });
    fc.assert(
      fc.property(bursts, (where) => {
        // In each ten samples one loses half of all, wherever it lies; on average that is what is said.
        const samples = where.flatMap((at) =>
          Array.from({ length: 10 }, (_, i) =>
            sample({
              ppm: i === at ? 500_000n : 0n,
              advertised: { loss: 50_000n, delay: 0n },
            }),
          ),
        );
        let table = emptyTable;
        return samples.every((one, i) => {
          table = withMeasurement(table, one);
          return i < 15 || factorsTo(table, liar, one.destination).loss <= 2n * neutral;
        });
      }),
    );
  });

  test("is taken at its word exactly where nothing was measured, and where it delivers more", () => {
    const way = vector(12_345n, 6789n);
    const nothing: Factors = { loss: neutral, delay: neutral };
    expect(believedQuality(way, nothing)).toEqual(way);
    const table = fold(
      Array.from({ length: 9 }, () => sample({ advertised: { loss: 9000n, delay: 1n } })),
    );
    expect(believedQuality(way, factorsTo(table, liar, "10.0.0.1/32"))).toEqual(way);
  });

  test("never gets a better way, and no other price, by any rank", () => {
    const factor = fc.bigInt(neutral, worst) as fc.Arbitrary<Factors["loss"]>;
    fc.assert(
      fc.property(share(), fc.bigInt(0n, 10n ** 9n), factor, factor, (ppm, delay, f, g) => {
        const way = vector(ppm, delay);
        const after = believedQuality(way, { loss: f, delay: g });
        const said = lossPpmOf(way.attenuation);
        return (
          after.price === way.price &&
          lossPpmOf(after.attenuation) >= said &&
          after.delay >= way.delay
        );
      }),
    );
  });
});

const share = () => fc.bigInt(0n, million);

describe("what others say", () => {
  const measurement = fc.record({
    ppm: share(),
    destination: fc.constantFrom("x", "y", "z"),
    count: fc.integer({ min: 1, max: 9 }),
  });

  test("of one neighbour, and what is measured through it, changes no other's rank", () => {
    fc.assert(
      fc.property(fc.array(measurement, { maxLength: 20 }), (list) => {
        const before = fold([sample({ neighbour: other, ppm: 70_000n, destination: "x" })]);
        const after = fold(
          list.flatMap(({ count, ...one }) => Array.from({ length: count }, () => sample(one))),
          before,
        );
        expect(after.get(other)).toBe(before.get(other));
      }),
    );
  });

  test("by less than half of the destinations takes no rank from a neighbour as the way to others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), share(), (honest, ppm) => {
        // As many destinations lie as are honest: no more than half of all with the neutral one.
        const lying = Array.from({ length: honest }, (_, i) => `liar${i}`);
        const fair = Array.from({ length: honest }, (_, i) => `fair${i}`);
        const table = fold([
          ...lying.flatMap((destination) =>
            Array.from({ length: 20 }, () => sample({ destination, ppm })),
          ),
          ...fair.map((destination) => sample({ destination })),
        ]);
        expect(globalFactors(table, liar)).toEqual({ loss: neutral, delay: neutral });
        expect(factorsTo(table, liar, "elsewhere").loss).toBe(neutral);
      }),
    );
  });

  test("is believed where most agree: who fails most destinations fails the next one too", () => {
    const table = fold(
      ["x", "y", "z"].flatMap((destination) =>
        Array.from({ length: 20 }, () => sample({ destination, ppm: 200_000n })),
      ),
    );
    expect(factorsTo(table, liar, "elsewhere").loss).toBeGreaterThan(20n * neutral);
  });
});

describe("the table", () => {
  test("holds so many destinations and neighbours, and the newest always", () => {
    const many = fold(
      Array.from({ length: rankedDestinations + 20 }, (_, i) => sample({ destination: `d${i}` })),
    );
    expect(many.get(liar)?.size).toBe(rankedDestinations);
    expect(many.get(liar)?.has(`d${rankedDestinations + 19}`)).toBe(true);
    const crowd = fold(
      Array.from({ length: rankedNeighbours + 5 }, (_, i) =>
        sample({ neighbour: `n${i}` as unknown as NodeId }),
      ),
    );
    expect(crowd.size).toBe(rankedNeighbours);
  });

  test("keeps numbers within limits, whatever is measured", () => {
    const huge = fc.bigInt(-(1n << 70n), 1n << 70n);
    fc.assert(
      fc.property(fc.array(fc.tuple(huge, huge, huge), { maxLength: 30 }), (list) => {
        for (const measure of [lossMeasure, delayMeasure]) {
          let evidence = noEvidence;
          for (const [weight, found, promised] of list) {
            evidence = faded(withFinding(evidence, measure, weight, found, promised), found);
          }
          const factor = factorOf(evidence, measure);
          expect(evidence.weight <= measure.memory && evidence.weight >= 0n).toBe(true);
          expect(evidence.found <= measure.memory * measure.most).toBe(true);
          expect(factor >= neutral && factor <= worst).toBe(true);
        }
      }),
    );
  });

  test("forgets neighbours that are gone", () => {
    const table = fold([sample({}), sample({ neighbour: other })]);
    expect([...amongOnly(table, new Set([other])).keys()]).toEqual([other]);
  });

  test("fades by the same, however the traffic is cut up, to one part in fifty", () => {
    const table = fold(Array.from({ length: 64 }, () => sample({ ppm: 300_000n })));
    const once = afterTraffic(table, forgettingBytes);
    let often = table;
    for (let i = 0n; i < 64n; i++) often = afterTraffic(often, forgettingBytes / 64n);
    const weight = (one: RankTable) => one.get(liar)?.get("10.0.0.1/32")?.loss.weight ?? 0n;
    expect(weight(often)).toBeGreaterThan((weight(once) * 100n) / 125n);
    expect(weight(often)).toBeLessThan((weight(once) * 125n) / 100n);
  });
});
