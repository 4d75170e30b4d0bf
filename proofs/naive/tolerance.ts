import type { Algebra } from "#core/rules/algebra.ts";
import { enforcedPosition } from "#core/rules/payee-rules.ts";
import type { Model, System, World } from "../model/system.ts";

type Field = "tx" | "rx" | "held";

/** What is taken off a reading before it is held against the payer. */
export type Tolerance = "in proportion" | "constant";

/**
 * A link that doubles at most one byte in four, and shows at most eps handshakes: 4 rx <= 5 tx + 4
 * eps. Enforcing on a share of what was read keeps to what was sent, however much it is (T19); taking
 * off a constant does not. Links that double nothing need the constant only, which is what ships.
 */
export function toleranceSystem(tolerance: Tolerance): System<Field, "eps"> {
  return {
    name: "tolerance",
    fields: ["tx", "rx", "held"],
    constants: ["eps"],
    model: <I, B>({ a, constants }: World<"eps", I, B>): Model<Field, I, B> => {
      const zero = a.constant(0n);
      const isHeld = (s: Readonly<Record<Field, I>>, m: I): B => {
        const past = enforcedPosition(a, s.rx, constants.eps);
        return tolerance === "constant"
          ? a.atMost(m, past)
          : a.atMost(times(a, 5, m), times(a, 4, past));
      };
      const doubled = (s: Readonly<Record<Field, I>>, rx: I): B =>
        a.atMost(times(a, 4, rx), a.add(times(a, 5, s.tx), times(a, 4, constants.eps)));
      return {
        terms: [{ name: "eps >= 0", holds: a.atMost(zero, constants.eps) }],
        first: { tx: zero, rx: zero, held: zero },
        actions: [
          {
            name: "send",
            chooses: true,
            guard: () => [],
            next: (s, m) => ({ ...s, tx: a.add(s.tx, m) }),
          },
          {
            name: "arrive up to",
            chooses: true,
            guard: (s, m) => [{ name: "E1 with its band", holds: doubled(s, m) }],
            next: (s, m) => ({ ...s, rx: m }),
          },
          {
            name: "enforce on",
            chooses: true,
            guard: (s, m) => [{ name: "what is left of the reading", holds: isHeld(s, m) }],
            next: (s, m) => ({ ...s, held: m }),
          },
        ],
        claims: (s) => [
          { theorem: "T19", name: "tx >= 0", holds: a.atMost(zero, s.tx) },
          { theorem: "T19", name: "rx lies in the band", holds: doubled(s, s.rx) },
          {
            theorem: "T19",
            name: "nothing is held against a payer that it did not send",
            holds: a.atMost(s.held, s.tx),
          },
        ],
      };
    },
  };
}

function times<I, B>(a: Algebra<I, B>, count: number, of: I): I {
  return Array.from({ length: count - 1 }).reduce<I>((sum) => a.add(sum, of), of);
}
