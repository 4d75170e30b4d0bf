import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import {
  type Tariff,
  tariffLimit,
  tariffLossLimit,
  tariffNumberLimit,
  tariffPrice,
} from "#core/peer/tariff.ts";
import { encodeTariff, signTariff } from "#core/peer/tariff-form.ts";
import { decodeTariff, takeTariff } from "#core/peer/tariff-reader.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { priceClass, priceClassLimit } from "#core/units/price-class.ts";
import { testSigner } from "../simulator/test-signer.ts";

const exit = testSigner(1);
const stranger = testSigner(2);

const prices = fc
  .uniqueArray(fc.integer({ min: 1, max: priceClassLimit }), { maxLength: priceClassLimit })
  .chain((classes) =>
    fc.tuple(
      ...classes
        .toSorted((a, b) => a - b)
        .map((one) =>
          fc
            .bigInt(1n, priceLimit)
            .map((amount) => ({ class: priceClass(one), price: price(amount) })),
        ),
    ),
  );

const unsigned = fc.record({
  number: fc.bigInt(0n, tariffNumberLimit),
  loss: fc.bigInt(0n, tariffLossLimit),
  prices,
});

const tariffOf = (number: bigint, amount = 5n, signer = exit): Tariff =>
  signTariff(signer, {
    number,
    loss: 10_000n,
    prices: [{ class: priceClass(1), price: price(amount) }],
  });

describe("a tariff", () => {
  test("is read as it was written, within its limit, and by nobody else's name", () => {
    fc.assert(
      fc.property(unsigned, (one) => {
        const tariff = signTariff(exit, one);
        const bytes = encodeTariff(tariff);
        expect(bytes.length).toBeLessThanOrEqual(tariffLimit);
        expect(takeTariff(bytes, exit.id, undefined)).toEqual(tariff);
        expect(takeTariff(bytes, stranger.id, undefined)).toBe("of another exit");
      }),
      { numRuns: 30 },
    );
  });

  test("has these bytes for ever", () => {
    const bytes = toHex(encodeTariff(tariffOf(7n)));
    expect(bytes).toMatchInlineSnapshot(
      `"9601c421031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f07cd271091920105c4418bc21101444d4f8aa654065df60541549fd4aaa731f1b55dd1f104df024a5fed11dabd9acd6d49f630ee475ad861c1f64e50cd59650f301a625371c52758c4171c"`,
    );
  });

  test("with any bit changed is no tariff of the exit's", () => {
    const bytes = encodeTariff(tariffOf(7n));
    const flip = fc.integer({ min: 0, max: bytes.length * 8 - 1 });
    fc.assert(
      fc.property(flip, (bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return typeof takeTariff(flipped, exit.id, undefined) === "string";
      }),
      { numRuns: 200 },
    );
  });

  test("never makes the reader throw, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        return typeof takeTariff(bytes, exit.id, undefined) === "string";
      }),
    );
  });

  test("holds until one of a higher number is seen: then it has expired, and so has another of the same number", () => {
    const [first, second] = [tariffOf(1n), tariffOf(2n)];
    const take = (one: Tariff, known?: Tariff) => takeTariff(encodeTariff(one), exit.id, known);
    expect(take(second, first)).toEqual(second);
    expect(take(first, second)).toBe("expired");
    expect(take(second, second)).toBe(second);
    expect(take(tariffOf(2n, 6n), second)).toBe("expired");
  });

  test("signed by somebody else in the exit's name is forged", () => {
    const forged = { ...tariffOf(3n, 5n, stranger), exit: exit.id };
    expect(takeTariff(encodeTariff(forged), exit.id, undefined)).toBe("forged");
  });

  test("beyond a limit is refused: number, loss, price, classes, length and version", () => {
    const { signature } = tariffOf(1n);
    const written = (...fields: readonly unknown[]) =>
      decodeTariff(canonical([...fields, signature] as never));
    const id = fromHex(exit.id);
    const fine = [[1, 5n]] as const;
    expect(typeof written(1, id, 1n, 0n, fine)).toBe("object");
    expect(written(1, id, tariffNumberLimit + 1n, 0n, fine)).toBe("malformed");
    expect(written(1, id, 1n, tariffLossLimit + 1n, fine)).toBe("malformed");
    expect(written(1, id, 1n, 0n, [[1, priceLimit + 1n]])).toBe("malformed");
    expect(written(1, id, 1n, 0n, [[1, 0n]])).toBe("malformed");
    expect(written(1, id, 1n, 0n, [[0, 5n]])).toBe("malformed");
    expect(written(1, id, 1n, 0n, [[8, 5n]])).toBe("malformed");
    expect(
      written(1, id, 1n, 0n, [
        [1, 5n],
        [1, 6n],
      ]),
    ).toBe("malformed");
    const eight = Array.from({ length: 8 }, (_, i) => [i + 1, 5n]);
    expect(written(1, id, 1n, 0n, eight)).toBe("malformed");
    expect(written(2, id, 1n, 0n, fine)).toBe("unknown version");
    expect(decodeTariff(new Uint8Array(tariffLimit + 1))).toBe("oversized");
  });

  test("names a price for the classes that it offers, and none for others", () => {
    expect(tariffPrice(tariffOf(1n), priceClass(1))).toBe(5n);
    expect(tariffPrice(tariffOf(1n), priceClass(2))).toBeUndefined();
  });
});
