import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterLeases, believedPrice, newBelief } from "#core/route/believed-price.ts";
import { saleOf } from "#core/route/resale-class.ts";

describe("what is believed of a neighbour's prices", () => {
  test("an advert is believed while leases cost no more", () => {
    const belief = afterLeases(newBelief(3n), 4n, 50n, 50n);
    expect(believedPrice(belief, 50n)).toBe(50n);
    expect(believedPrice(belief, 20n)).toBe(20n);
  });

  test("who leases dearer than it advertises is taken at the price of the lease", () => {
    const belief = afterLeases(newBelief(3n), 4n, 90n, 50n);
    expect(believedPrice(belief, 50n)).toBe(90n);
    // Without another lease nothing gets better by waiting.
    expect(believedPrice(afterLeases(belief, 4n, 90n, 50n), 10n)).toBe(90n);
  });

  test("until it advertises as much; then it is believed again", () => {
    const caught = afterLeases(newBelief(3n), 4n, 90n, 50n);
    const admitted = afterLeases(caught, 4n, 90n, 90n);
    expect(believedPrice(afterLeases(admitted, 4n, 90n, 40n), 40n)).toBe(40n);
  });

  test("leases of before the first look, and of nobody's adverts, catch nobody", () => {
    expect(believedPrice(afterLeases(newBelief(3n), 3n, 90n, 50n), 50n)).toBe(50n);
    expect(believedPrice(afterLeases(newBelief(3n), 4n, 90n, undefined), 50n)).toBe(50n);
    expect(believedPrice(afterLeases(newBelief(0n), 1n, undefined, 50n), 50n)).toBe(50n);
  });

  test("a price that is believed is never below the advertised one", () => {
    const amount = fc.bigInt(0n, 1000n);
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount, amount)), amount, (looks, advertised) => {
        const belief = looks.reduce(
          (all, [n, lease, said]) => afterLeases(all, n, lease, said),
          newBelief(0n),
        );
        return believedPrice(belief, advertised) >= advertised;
      }),
    );
  });
});

describe("in which class a destination is sold", () => {
  test("the cheapest whose price covers its cost; never at a loss", () => {
    const prices = fc.array(fc.option(fc.bigInt(1n, 100n), { nil: undefined }), { maxLength: 7 });
    fc.assert(
      fc.property(fc.bigInt(0n, 120n), prices, (cost, all) => {
        const sale = saleOf(cost, all);
        const covering = all.filter((price) => price !== undefined && price >= cost);
        if (sale === undefined) return covering.length === 0;
        expect(all[sale.class - 1]).toBe(sale.price);
        return covering.every((price) => (price ?? 0n) >= sale.price);
      }),
    );
  });

  test("what is for the node itself is for nothing, in the free class", () => {
    expect(saleOf(undefined, [50n])).toEqual({ class: 0, price: 0n });
    expect(saleOf(0n, [])).toBeUndefined();
  });
});
