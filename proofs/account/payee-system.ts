import { credit, fitsSchedule, grant, mayGrant, read } from "#core/rules/payee-rules.ts";
import { equal, type Model, type State, type System, type World } from "../model/system.ts";
import { payeeOf } from "./account-system.ts";

type Field = "y" | "G" | "w" | "rx" | "gate" | "given" | "forgiven";

/**
 * A payee against anyone: who sends what it likes, signs what it likes, and never pays. What is
 * given is the price of all bytes forwarded as paid, across reboots (T7, T22).
 */
export const payeeSystem: System<Field, "L"> = {
  name: "payee against anyone",
  fields: ["y", "G", "w", "rx", "gate", "given", "forgiven"],
  constants: ["L"],
  model: <I, B>(world: World<"L", I, B>): Model<Field, I, B> => {
    const { a, constants } = world;
    const zero = a.constant(0n);
    return {
      terms: [{ name: "L >= 0", holds: a.atMost(zero, constants.L) }],
      first: { y: zero, G: zero, w: zero, rx: zero, gate: zero, given: zero, forgiven: zero },
      actions: actions(world),
      claims: (s) => {
        const { f } = world;
        const credited = a.add(s.w, constants.L);
        return [
          { theorem: "T1", name: "0 <= y", holds: a.atMost(zero, s.y) },
          { theorem: "T1", name: "y <= rx", holds: a.atMost(s.y, s.rx) },
          { theorem: "T7", name: "rx <= G", holds: a.atMost(s.rx, s.G) },
          { theorem: "T7", name: "the gate is leased", holds: a.atMost(s.gate, s.G) },
          { theorem: "T7", name: "F(G) <= w + L", holds: a.atMost(f(s.G), credited) },
          { theorem: "T22", name: "w <= F(G)", holds: a.atMost(s.w, f(s.G)) },
          {
            theorem: "T7",
            name: "what was given is what was read or forgiven",
            holds: equal(a, s.given, a.add(f(s.rx), s.forgiven)),
          },
          {
            theorem: "T7",
            name: "given <= w + L + the price of bytes unread at own reboots",
            holds: a.atMost(s.given, a.add(credited, s.forgiven)),
          },
        ];
      },
    };
  },
};

function actions<I, B>({ a, f, constants }: World<"L", I, B>): Model<Field, I, B>["actions"] {
  const view = (s: State<Field, I>) => payeeOf(s);
  return [
    {
      name: "arrive up to",
      chooses: true,
      guard: (s, m) => [
        { name: "E5: the counter rises", holds: a.below(s.rx, m) },
        { name: "E3: forwarded as paid up to the gate", holds: a.atMost(m, s.gate) },
      ],
      next: (s, m) => ({ ...s, rx: m, given: a.add(s.given, a.subtract(f(m), f(s.rx))) }),
    },
    {
      name: "read",
      chooses: true,
      guard: (s, m) => [{ name: "E5: no more than arrived", holds: a.atMost(m, s.rx) }],
      next: (s, m) => ({ ...s, y: read(a, view(s), m).read }),
    },
    {
      name: "credit",
      chooses: true,
      guard: (s, m) => [
        { name: "Q1", holds: fitsSchedule(a, (at) => f(a.min(at, s.G)), view(s), m) },
      ],
      next: (s, m) => ({ ...s, w: credit(a, view(s), m).credited }),
    },
    {
      name: "grant up to",
      chooses: true,
      guard: (s, m) => [{ name: "Q2", holds: mayGrant(a, view(s), constants.L, m, f(m)) }],
      next: (s, m) => ({ ...s, G: grant(view(s), m).granted }),
    },
    {
      name: "tell the kernel its gate",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, gate: s.G }),
    },
    {
      name: "payee reboots",
      chooses: false,
      guard: () => [],
      next: (s) => ({
        ...s,
        rx: s.y,
        forgiven: a.add(s.forgiven, a.subtract(f(s.rx), f(s.y))),
      }),
    },
  ];
}
