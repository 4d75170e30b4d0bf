import type { Model, System, World } from "../model/system.ts";

type Field = "sent" | "got" | "paid";

/** Who pays for a byte on the way, at a grain each. Whoever does not pay enforces. */
export type Paying = "sender" | "receiver";

/**
 * One grain a byte, an honest payer, a network that loses what it likes. The payer never lets what
 * it counts run further than L ahead of what it paid; who enforces knows its own counter only (T21).
 */
export function forwardingSystem(pays: Paying): System<Field, "L"> {
  return {
    name: "who pays",
    fields: ["sent", "got", "paid"],
    constants: ["L"],
    model: <I, B>({ a, constants }: World<"L", I, B>): Model<Field, I, B> => {
      const zero = a.constant(0n);
      const counts = (s: Readonly<Record<Field, I>>) => (pays === "sender" ? s.sent : s.got);
      const enforcedOn = (s: Readonly<Record<Field, I>>) => (pays === "sender" ? s.got : s.sent);
      const within = (s: Readonly<Record<Field, I>>) =>
        a.atMost(counts(s), a.add(s.paid, constants.L));
      return {
        terms: [{ name: "L >= 0", holds: a.atMost(zero, constants.L) }],
        first: { sent: zero, got: zero, paid: zero },
        actions: [
          {
            name: "send up to",
            chooses: true,
            guard: (s, m) => [
              { name: "the payer keeps within L", holds: within({ ...s, sent: m }) },
              { name: "the counter rises", holds: a.atMost(s.sent, m) },
            ],
            next: (s, m) => ({ ...s, sent: m }),
          },
          {
            name: "arrive up to",
            chooses: true,
            guard: (s, m) => [{ name: "E1: what arrives was sent", holds: a.atMost(m, s.sent) }],
            next: (s, m) => ({ ...s, got: m }),
          },
          {
            name: "pay for all that the payer counts",
            chooses: false,
            guard: () => [],
            next: (s) => ({ ...s, paid: a.max(s.paid, counts(s)) }),
          },
        ],
        claims: (s) => [
          { theorem: "T1", name: "got <= sent", holds: a.atMost(s.got, s.sent) },
          {
            theorem: "T5",
            name: "the payer is never further behind than L",
            holds: within(s),
          },
          {
            theorem: "T6",
            name: "an honest payer is never throttled",
            holds: a.atMost(enforcedOn(s), a.add(s.paid, constants.L)),
          },
        ],
      };
    },
  };
}
