import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Attenuation,
  attenuationOf,
  lossPpmOf,
  million,
  opaque,
} from "#core/route/attenuation.ts";
import { log2, oneDoubling } from "#core/route/logarithm.ts";
import {
  along,
  delayLimit,
  here,
  isVector,
  type RouteVector,
  sameVector,
  vectorPriceLimit,
} from "#core/route/vector.ts";

const vectors = fc.record({
  price: fc.bigInt(0n, vectorPriceLimit),
  attenuation: fc.bigInt(0n, opaque) as fc.Arbitrary<Attenuation>,
  delay: fc.bigInt(0n, delayLimit),
});

const noBetter = (a: RouteVector, b: RouteVector): boolean =>
  a.price >= b.price && a.attenuation >= b.attenuation && a.delay >= b.delay;

describe("vectors of a route", () => {
  test("stretches compose in any grouping, and exactly", () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) =>
        sameVector(along(along(a, b), c), along(a, along(b, c))),
      ),
    );
  });

  test("the way to oneself changes nothing, and a further stretch makes nothing better", () => {
    fc.assert(
      fc.property(vectors, vectors, (a, b) => {
        expect(along(here, a)).toEqual(a);
        expect(along(a, here)).toEqual(a);
        return isVector(along(a, b)) && noBetter(along(a, b), a) && noBetter(along(a, b), b);
      }),
    );
  });

  test("a vector beyond a limit is none", () => {
    expect(isVector({ ...here, price: vectorPriceLimit + 1n })).toBe(false);
    expect(isVector({ ...here, delay: delayLimit + 1n })).toBe(false);
    expect(isVector({ ...here, attenuation: (opaque + 1n) as Attenuation })).toBe(false);
    expect(isVector({ ...here, delay: -1n })).toBe(false);
  });

  test("a loss survives the way through its logarithm, to a millionth", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, million - 1n), (ppm) => {
        const back = lossPpmOf(attenuationOf(ppm));
        return back >= ppm - 3n && back <= ppm + 3n;
      }),
    );
    expect(lossPpmOf(attenuationOf(million))).toBe(million);
    expect(lossPpmOf(attenuationOf(million + 1n))).toBe(million);
    expect(attenuationOf(-1n)).toBe(0n);
  });

  test("losses multiply: two links that lose a tenth lose nineteen hundredths", () => {
    const tenth = attenuationOf(100_000n);
    expect(
      lossPpmOf(
        along({ ...here, attenuation: tenth }, { ...here, attenuation: tenth }).attenuation,
      ),
    ).toBe(190_000n);
  });

  test("a logarithm never falls as its number grows, and doubles where the number does", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 1n << 100n), fc.bigInt(0n, 1n << 90n), (a, more) => {
        expect(log2(2n * a)).toBe(log2(a) + oneDoubling);
        return log2(a + more) >= log2(a);
      }),
    );
    expect(() => log2(0n)).toThrow(RangeError);
  });
});
