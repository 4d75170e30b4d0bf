import type { Algebra } from "#core/rules/algebra.ts";
import { coverable } from "#core/rules/resale-rules.ts";
import type { System } from "../model/system.ts";

type Field = "held" | "sent" | "leased" | "read" | "spent";

/** How many bytes a forwarder leases downstream of so many wanted. */
export interface Cover {
  readonly coverable: typeof coverable;
}

/** What ships: as many as it holds upstream and has not promised yet. */
export const covered: Cover = { coverable };

/** As many as are wanted, at the price of yesterday. */
export const uncovered: Cover = { coverable: (_, _upstream, _promised, wanted) => wanted };

/**
 * A forwarder: upstream it holds leases to `held` and has sent up to `sent`; downstream it leased to
 * `leased` and has read up to `read`. What it promised it holds (T12), but for bytes that its own
 * reboots, and its own traffic, spent upstream.
 */
export function resaleSystem({ coverable }: Cover): System<Field, "c"> {
  return {
    name: "resale",
    fields: ["held", "sent", "leased", "read", "spent"],
    constants: ["c"],
    model: ({ a, constants }) => {
      const zero = a.constant(0n);
      return {
        terms: [{ name: "c >= 0", holds: a.atMost(zero, constants.c) }],
        first: { held: zero, sent: zero, leased: zero, read: zero, spent: zero },
        actions: [
          {
            name: "buy upstream",
            chooses: true,
            guard: () => [],
            next: (s, m) => ({ ...s, held: a.add(s.held, m) }),
          },
          {
            name: "lease downstream",
            chooses: true,
            guard: (s, m) => [
              { name: "T12: covered", holds: a.atMost(m, soldOf(a, coverable, s, m)) },
            ],
            next: (s, m) => ({ ...s, leased: a.add(s.leased, m) }),
          },
          {
            name: "forward",
            chooses: true,
            guard: (s, m) => [
              { name: "within what was leased", holds: a.atMost(a.add(s.read, m), s.leased) },
            ],
            next: (s, m) => ({ ...s, read: a.add(s.read, m), sent: a.add(s.sent, m) }),
          },
          {
            name: "lose inside",
            chooses: true,
            guard: (s, m) => [
              { name: "only what was leased arrives", holds: a.atMost(a.add(s.read, m), s.leased) },
            ],
            next: (s, m) => ({ ...s, read: a.add(s.read, m) }),
          },
          {
            name: "reboot",
            chooses: false,
            guard: () => [],
            next: (s) => ({
              ...s,
              sent: a.add(s.sent, constants.c),
              spent: a.add(s.spent, constants.c),
            }),
          },
        ],
        claims: (s) => [
          { theorem: "T12", name: "spent >= 0", holds: a.atMost(zero, s.spent) },
          { theorem: "T12", name: "read <= leased", holds: a.atMost(s.read, s.leased) },
          {
            theorem: "T12",
            name: "what is promised downstream is held upstream, but for own reboots",
            holds: a.atMost(
              a.subtract(s.leased, s.read),
              a.add(a.subtract(s.held, s.sent), s.spent),
            ),
          },
        ],
      };
    },
  };
}

function soldOf<I, B>(
  a: Algebra<I, B>,
  rule: typeof coverable,
  s: Readonly<Record<Field, I>>,
  wanted: I,
): I {
  const promised = a.subtract(s.leased, s.read);
  return rule(a, { sent: s.sent, leased: s.held }, promised, wanted);
}
