import { grownLimit, mayGrant } from "#core/rules/payee-rules.ts";
import type { Model, System, World } from "../model/system.ts";

type Field = "granted" | "credited" | "grown" | "ticks";

type Constant = "L0" | "ceiling";

/** What makes a credit limit grow. */
export type Growth = "with money paid" | "by the clock";

/**
 * A credit limit L0 + floor(w / 2), as far as a ceiling, by the shipped rules: kappa is a half, since
 * solvers decide no products of unknowns; an operator chooses any from 0 to 1. Whoever comes back under another name begins
 * anew, with L0 (T24); a limit that grows by the clock is given to those who wait and never pay.
 */
export function growingCreditSystem(growth: Growth): System<Field, Constant> {
  return {
    name: "growing credit",
    fields: ["granted", "credited", "grown", "ticks"],
    constants: ["L0", "ceiling"],
    model: <I, B>({ a, f, constants }: World<Constant, I, B>): Model<Field, I, B> => {
      const zero = a.constant(0n);
      const first = { granted: zero, credited: zero, grown: zero, ticks: zero };
      const twice = (of: I): I => a.add(of, of);
      return {
        terms: [
          { name: "L0 >= 0", holds: a.atMost(zero, constants.L0) },
          { name: "ceiling >= L0", holds: a.atMost(constants.L0, constants.ceiling) },
        ],
        first,
        actions: [
          {
            name: "the limit grows, in all by",
            chooses: true,
            guard: (s, m) => {
              const cause = growth === "by the clock" ? s.ticks : s.credited;
              return [{ name: "half of its cause at most", holds: a.atMost(twice(m), cause) }];
            },
            next: (s, m) => ({ ...s, grown: a.max(s.grown, m) }),
          },
          {
            name: "grant up to",
            chooses: true,
            guard: (s, m) => {
              const payee = { read: zero, granted: s.granted, credited: s.credited };
              const limit = grownLimit(a, constants.L0, s.grown, constants.ceiling);
              return [{ name: "Q2", holds: mayGrant(a, payee, limit, m, f(m)) }];
            },
            next: (s, m) => ({ ...s, granted: m }),
          },
          {
            name: "credit",
            chooses: true,
            guard: () => [],
            next: (s, m) => ({ ...s, credited: a.max(s.credited, m) }),
          },
          {
            name: "the clock ticks",
            chooses: false,
            guard: () => [],
            next: (s) => ({ ...s, ticks: a.add(s.ticks, a.constant(1n)) }),
          },
          {
            name: "comes back under another name",
            chooses: false,
            guard: () => [],
            next: (s) => ({ ...first, ticks: s.ticks }),
          },
        ],
        claims: (s) => [
          { theorem: "T24", name: "credit began at nothing", holds: a.atMost(zero, s.credited) },
          { theorem: "T24", name: "grown <= w / 2", holds: a.atMost(twice(s.grown), s.credited) },
          {
            theorem: "T24",
            name: "F(G) - w <= L0 + w / 2, under any name",
            holds: a.atMost(
              twice(f(s.granted)),
              a.add(twice(a.add(s.credited, constants.L0)), s.credited),
            ),
          },
          {
            theorem: "T24",
            name: "F(G) - w <= ceiling",
            holds: a.atMost(f(s.granted), a.add(s.credited, constants.ceiling)),
          },
        ],
      };
    },
  };
}
