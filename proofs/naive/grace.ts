import type { Algebra } from "#core/rules/algebra.ts";
import { mayGrant } from "#core/rules/payee-rules.ts";
import type { Model, State, System, World } from "../model/system.ts";

type Field = "forwarded" | "credited" | "ticks";

/** Whether bytes up to a position are still forwarded as paid. */
export interface Patience {
  readonly mayForward: <I, B>(
    a: Algebra<I, B>,
    s: State<Field, I>,
    limit: I,
    to: I,
    dueAtTo: I,
  ) => B;
}

/** What ships: as far as w + L reaches (Q2, and the gate at G). */
export const noPatience: Patience = {
  mayForward: (a, s, limit, to, dueAtTo) => {
    const payee = { read: s.forwarded, granted: s.forwarded, credited: s.credited };
    return mayGrant(a, payee, limit, to, dueAtTo);
  },
};

/** Two ticks of a clock after the last payment, whatever was sent. */
export const graceByTheClock: Patience = {
  mayForward: (a, s) => a.below(s.ticks, a.constant(2n)),
};

/** A payer that may cheat, and a clock that may stand still while it sends. */
export function graceSystem({ mayForward }: Patience): System<Field, "L"> {
  return {
    name: "grace",
    fields: ["forwarded", "credited", "ticks"],
    constants: ["L"],
    model: <I, B>({ a, f, constants }: World<"L", I, B>): Model<Field, I, B> => {
      const zero = a.constant(0n);
      return {
        terms: [{ name: "L >= 0", holds: a.atMost(zero, constants.L) }],
        first: { forwarded: zero, credited: zero, ticks: zero },
        actions: [
          {
            name: "forward up to",
            chooses: true,
            guard: (s, m) => [{ name: "Q2", holds: mayForward(a, s, constants.L, m, f(m)) }],
            next: (s, m) => ({ ...s, forwarded: m }),
          },
          {
            name: "pay up to",
            chooses: true,
            guard: () => [],
            next: (s, m) => ({ ...s, credited: a.max(s.credited, m), ticks: zero }),
          },
          {
            name: "the clock ticks",
            chooses: false,
            guard: () => [],
            next: (s) => ({ ...s, ticks: a.add(s.ticks, a.constant(1n)) }),
          },
        ],
        claims: (s) => [
          {
            theorem: "T7",
            name: "F(forwarded) <= w + L",
            holds: a.atMost(f(s.forwarded), a.add(s.credited, constants.L)),
          },
        ],
      };
    },
  };
}
