import type { Algebra } from "#core/rules/algebra.ts";
import { equal, type System } from "../model/system.ts";

/** How a counter of money takes one grain more. */
export interface Addition {
  readonly addOne: <I, B>(a: Algebra<I, B>, sum: I) => I;
}

/** What ships: whole numbers. */
export const exactAddition: Addition = { addOne: (a, sum) => a.add(sum, a.constant(1n)) };

/**
 * A float with three binary digits, so that it can be enumerated: 8 + 1 is 9, halfway between 8 and
 * 10, and rounds to the even one, 8. With 53 digits the same happens at 2^53.
 */
export const floatAddition: Addition = {
  addOne: (a, sum) => a.min(a.add(sum, a.constant(1n)), a.constant(8n)),
};

/** Bytes at a grain each, counted one by one: what is owed is what they cost (T2). */
export function moneySystem({ addOne }: Addition): System<"bytes" | "sum", never> {
  return {
    name: "money",
    fields: ["bytes", "sum"],
    constants: [],
    model: ({ a }) => ({
      terms: [],
      first: { bytes: a.constant(0n), sum: a.constant(0n) },
      actions: [
        {
          name: "a byte is counted",
          chooses: false,
          guard: () => [],
          next: (s) => ({ bytes: a.add(s.bytes, a.constant(1n)), sum: addOne(a, s.sum) }),
        },
      ],
      claims: (s) => [
        {
          theorem: "T2",
          name: "the sum is the price of the bytes",
          holds: equal(a, s.sum, s.bytes),
        },
      ],
    }),
  };
}
