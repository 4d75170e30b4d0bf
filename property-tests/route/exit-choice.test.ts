import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attenuationOf } from "#core/route/attenuation.ts";
import { type ExitCandidate, exitChoice, exitLimit } from "#core/route/exit-choice.ts";

const preference = { price: 100n, loss: 100n, delay: 100n, margin: 10n };

const exit = (hop: string, price: bigint, more: Partial<ExitCandidate> = {}): ExitCandidate => ({
  hop,
  alive: true,
  cap: 1000n,
  rest: 0n,
  vector: { price, attenuation: attenuationOf(0n), delay: 10_000n },
  ...more,
});

const takes = (candidates: readonly ExitCandidate[], before?: string) => {
  const { taken } = exitChoice(candidates, before, preference);
  return taken === undefined ? undefined : candidates[taken]?.hop;
};

describe("the choice of an exit", () => {
  test("is the cheaper of two that are alike, and the better of two at one price", () => {
    expect(takes([exit("a", 100n), exit("b", 50n)])).toBe("b");
    const lossy = { price: 50n, attenuation: attenuationOf(100_000n), delay: 10_000n };
    expect(takes([exit("a", 60n), exit("b", 50n, { vector: lossy })])).toBe("a");
  });

  test("stays where another one is better by less than the margin", () => {
    expect(takes([exit("a", 100n), exit("b", 96n)], "a")).toBe("a");
    expect(takes([exit("a", 100n), exit("b", 80n)], "a")).toBe("b");
  });

  test("passes over who rests, is silent, has no tariff or asks more than the cap", () => {
    const dear = exit("z", 900n);
    expect(takes([exit("a", 1n, { rest: 1n }), dear])).toBe("z");
    expect(takes([exit("a", 1n, { alive: false }), dear])).toBe("z");
    expect(takes([exit("a", 1n, { vector: undefined }), dear])).toBe("z");
    expect(takes([exit("a", 1001n), dear])).toBe("z");
  });

  test("is who rested most where all rest, and never nobody because of what is remembered", () => {
    const rests = [exit("a", 1n, { rest: 5n }), exit("b", 900n, { rest: 4n })];
    expect(takes(rests)).toBe("b");
    const { judged } = exitChoice(rests, "a", preference);
    expect(judged.map(({ verdict }) => verdict)).toEqual(["resting", "taken for want of another"]);
  });

  test("is somebody whenever somebody answers with a price within the cap, and never anybody else", () => {
    const any = fc.record({
      price: fc.bigInt(1n, 2000n),
      rest: fc.bigInt(0n, 3n),
      alive: fc.boolean(),
      told: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (list) => {
        const candidates = list.map(({ price, told, ...more }, i) =>
          exit(`e${i}`, price, { ...more, ...(told ? {} : { vector: undefined }) }),
        );
        const able = candidates.filter(
          ({ alive, vector }) => alive && vector !== undefined && vector.price <= 1000n,
        );
        const taken = takes(candidates);
        if (able.length === 0) return taken === undefined;
        const fresh = able.filter(({ rest }) => rest === 0n);
        return (fresh.length > 0 ? fresh : able).some(({ hop }) => hop === taken);
      }),
    );
  });

  test("looks at no more exits than its limit", () => {
    const many = Array.from({ length: exitLimit + 1 }, (_, i) =>
      exit(`e${i}`, i === exitLimit ? 1n : 500n),
    );
    expect(exitChoice(many, undefined, preference).judged).toHaveLength(exitLimit);
    expect(takes(many)).not.toBe(`e${exitLimit}`);
  });
});
