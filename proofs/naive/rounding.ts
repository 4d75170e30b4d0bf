import type { Algebra } from "#core/rules/algebra.ts";
import type { System } from "../model/system.ts";

/** What a payer turns into whole token units: everything so far, or what is new. */
export type RoundedSum = "total" | "poll";

type Field = "total" | "since" | "charged";

/** Grains in a token unit, here: small enough to enumerate, large enough to have remainders. */
const unit = 3;

/**
 * Grains are counted and charged in whole units, rounded up (T13). Division is not in the algebra:
 * u units are the rounded-up x grains where 3 (u - 1) < x <= 3 u.
 */
export function roundingSystem(rounds: RoundedSum): System<Field, never> {
  return {
    name: "rounding",
    fields: ["total", "since", "charged"],
    constants: [],
    model: ({ a }) => {
      const zero = a.constant(0n);
      return {
        terms: [],
        first: { total: zero, since: zero, charged: zero },
        actions: [
          {
            name: "grains are owed:",
            chooses: true,
            guard: () => [],
            next: (s, m) => ({ ...s, total: a.add(s.total, m), since: a.add(s.since, m) }),
          },
          {
            name: "charge units:",
            chooses: true,
            guard: (s, u) => [
              {
                name: "no more than the sum rounded up",
                holds: a.below(
                  grains(a, u),
                  a.add(rounds === "total" ? s.total : s.since, a.constant(3n)),
                ),
              },
            ],
            next: (s, u) => ({
              ...s,
              since: zero,
              charged: rounds === "total" ? a.max(s.charged, u) : a.add(s.charged, u),
            }),
          },
        ],
        claims: (s) => [
          {
            theorem: "T13",
            name: "less than one unit is overpaid, ever",
            holds: a.below(grains(a, s.charged), a.add(s.total, a.constant(3n))),
          },
        ],
      };
    },
  };
}

function grains<I, B>(a: Algebra<I, B>, units: I): I {
  return Array.from({ length: unit - 1 }).reduce<I>((sum) => a.add(sum, units), units);
}
