import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attenuation, attenuationOf, opaque } from "#core/route/attenuation.ts";
import { bestBuy, type Candidate } from "#core/route/best-buy.ts";
import { badness, hysteresis, type Preference } from "#core/route/preference.ts";
import { delayLimit, vectorPriceLimit } from "#core/route/vector.ts";

const vectors = fc.record({
  price: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, vectorPriceLimit)),
  attenuation: fc.bigInt(0n, opaque) as fc.Arbitrary<Attenuation>,
  delay: fc.bigInt(0n, delayLimit),
});

const preferences = fc.record({
  price: fc.bigInt(0n, 1000n),
  loss: fc.bigInt(0n, 1000n),
  delay: fc.bigInt(0n, 1000n),
  margin: fc.bigInt(0n, 1000n),
});

const candidates = fc.uniqueArray(
  fc.record({
    hop: fc.constantFrom<string[]>("a", "b", "c", "d", "e", "f", "g"),
    feasible: fc.boolean(),
    alive: fc.boolean(),
    vector: fc.option(vectors, { nil: undefined }),
    cap: fc.oneof(fc.bigInt(0n, 200n), fc.constant(vectorPriceLimit)),
  }),
  { selector: ({ hop }) => hop, maxLength: 7 },
);

const plain: Preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

const way = (hop: string, price: bigint, more: Partial<Candidate> = {}): Candidate => ({
  hop,
  feasible: true,
  alive: true,
  vector: { price, attenuation: attenuationOf(10_000n), delay: 20_000n },
  cap: vectorPriceLimit,
  ...more,
});

describe("the best buy", () => {
  test("is feasible, alive, offered and within the cap, whatever else is there", () => {
    fc.assert(
      fc.property(
        candidates,
        fc.option(fc.constantFrom("a", "b")),
        preferences,
        (all, old, wishes) => {
          const { taken } = bestBuy(all, old ?? undefined, wishes);
          const allowed = all.filter(
            ({ feasible, alive, vector, cap }) =>
              feasible && alive && vector !== undefined && vector.price <= cap,
          );
          if (taken === undefined) return allowed.length === 0;
          return allowed.some((one) => one === all[taken]);
        },
      ),
    );
  });

  test("is the same hop in whatever order candidates come", () => {
    fc.assert(
      fc.property(
        candidates.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        fc.option(fc.constantFrom("a", "b", "z")),
        preferences,
        ([all, other], old, wishes) => {
          const one = bestBuy(all, old ?? undefined, wishes).taken;
          const two = bestBuy(other, old ?? undefined, wishes).taken;
          expect(one === undefined ? undefined : all[one]?.hop).toBe(
            two === undefined ? undefined : other[two]?.hop,
          );
        },
      ),
    );
  });

  test("is never worse than another that may be taken, by more than the margin", () => {
    fc.assert(
      fc.property(
        candidates,
        fc.option(fc.constantFrom("a", "b")),
        preferences,
        (all, old, wishes) => {
          const { taken, judged } = bestBuy(all, old ?? undefined, wishes);
          if (taken === undefined) return true;
          const own = judged[taken]?.badness ?? 0n;
          return judged.every(
            ({ badness: other }) => other === undefined || own <= other + hysteresis(wishes),
          );
        },
      ),
    );
  });

  test("badness never falls as a price, a loss or a delay grows", () => {
    fc.assert(
      fc.property(vectors, vectors, preferences, (a, b, wishes) => {
        const worse = {
          price: a.price > b.price ? a.price : b.price,
          attenuation: a.attenuation > b.attenuation ? a.attenuation : b.attenuation,
          delay: a.delay > b.delay ? a.delay : b.delay,
        };
        return badness(worse, wishes) >= badness(a, wishes);
      }),
    );
  });

  test("does not take turns where each badness is known up to half the margin", () => {
    // Prices alone, so that noise in badness is noise in the logarithm of a price.
    const wishes: Preference = { price: 1n, loss: 0n, delay: 0n, margin: 50n };
    const noisy = fc.array(fc.array(fc.bigInt(0n, 20n), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 60,
    });
    const truth = fc.array(fc.bigInt(1_000_000n, 3_000_000n), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(truth, noisy, (prices, looks) => {
        let old: string | undefined;
        let switches = 0;
        for (const noise of looks) {
          // Up to 20 % dearer than the truth: a badness within half of what 50 % are.
          const seen = prices.map((price, i) =>
            way("abc".charAt(i), price + (price * (noise[i] ?? 0n)) / 100n),
          );
          const taken = bestBuy(seen, old, wishes).taken;
          const hop = seen[taken ?? 0]?.hop;
          if (old !== undefined && hop !== old) switches += 1;
          old = hop;
        }
        return switches <= 2;
      }),
    );
  });

  test("a price cap excludes a way from use, not only from its bill", () => {
    const dear = way("a", 80n, { cap: 79n });
    expect(bestBuy([dear], undefined, plain)).toEqual({
      taken: undefined,
      judged: [{ verdict: "beyond the price cap", badness: undefined }],
    });
    expect(bestBuy([dear, way("b", 79n, { cap: 79n })], "a", plain).taken).toBe(1);
  });

  test("says of each candidate why", () => {
    const all = [
      way("a", 100n),
      way("b", 95n),
      way("c", 1n, { feasible: false }),
      way("d", 1n, { alive: false }),
      way("e", 1n, { vector: undefined }),
      way("f", 500n),
    ];
    expect(bestBuy(all, "a", plain).judged.map(({ verdict }) => verdict)).toEqual([
      "kept",
      "not better by the margin",
      "infeasible",
      "silent",
      "no offer",
      "worse",
    ]);
    expect(bestBuy(all, undefined, plain).taken).toBe(1);
    expect(bestBuy([way("a", 100n), way("b", 89n)], "a", plain).taken).toBe(1);
  });

  test("half the price outweighs not quite twice the delay, where weights are equal", () => {
    const slow = { vector: { price: 50n, attenuation: attenuationOf(0n), delay: 38_000n } };
    const fast = { vector: { price: 102n, attenuation: attenuationOf(0n), delay: 20_000n } };
    const all = [way("a", 0n, slow), way("b", 0n, fast)];
    expect(bestBuy(all, undefined, { ...plain, loss: 0n }).taken).toBe(0);
    expect(bestBuy(all, undefined, { ...plain, delay: 200n }).taken).toBe(1);
  });
});
