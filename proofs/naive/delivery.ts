import type { Algebra } from "#core/rules/algebra.ts";
import { banded, payableDelivery } from "#core/rules/delivery-rules.ts";
import { mayGrant } from "#core/rules/payee-rules.ts";
import { mayPay } from "#core/rules/payer-rules.ts";
import type { Claim, Model, System, World } from "../model/system.ts";

type Field = "tx" | "rx" | "lost" | "stated" | "granted" | "signed" | "credited";

/** What a delivery account does; the two sides apart, so that each can be wrong. */
export interface DeliveryRules {
  readonly name: string;
  /** Whether the exit states no more than it sent. */
  readonly honest: boolean;
  /** Whether the exit's kernel sends no further than its own leases go. */
  readonly bounded: boolean;
  /** What the client pays for at most. */
  readonly payable: <I, B>(a: Algebra<I, B>, stated: I, tolerated: I) => I;
}

/** What ships, with an exit that states what it likes. */
export const delivery: DeliveryRules = {
  name: "delivery",
  honest: false,
  bounded: true,
  payable: payableDelivery,
};

/** The same with an honest exit, of whom more can be said. */
export const honestDelivery: DeliveryRules = {
  ...delivery,
  name: "delivery by an honest exit",
  honest: true,
};

/** A client that believes. */
export const trustingDelivery: DeliveryRules = { ...delivery, payable: (_, stated) => stated };

/** An exit that waits for nobody. */
export const boundlessDelivery: DeliveryRules = { ...delivery, bounded: false };

/**
 * An exit sends and is paid by the client that receives (protocol section 7). The client accepts that
 * a quarter of what arrived was lost besides, and eps bytes; an operator chooses any share.
 */
export function deliverySystem(rules: DeliveryRules): System<Field, "L" | "eps"> {
  return {
    name: rules.name,
    fields: ["tx", "rx", "lost", "stated", "granted", "signed", "credited"],
    constants: ["L", "eps"],
    model: <I, B>({ a, f, constants }: World<"L" | "eps", I, B>): Model<Field, I, B> => {
      const zero = a.constant(0n);
      const tolerated = (s: Readonly<Record<Field, I>>): I =>
        banded(a, s.rx, s.lost, constants.eps);
      return {
        terms: [
          { name: "L >= 0", holds: a.atMost(zero, constants.L) },
          { name: "eps >= 0", holds: a.atMost(zero, constants.eps) },
        ],
        first: {
          tx: zero,
          rx: zero,
          lost: zero,
          stated: zero,
          granted: zero,
          signed: zero,
          credited: zero,
        },
        actions: [
          {
            name: "grant up to",
            chooses: true,
            guard: (s, m) => {
              const payee = { read: s.tx, granted: s.granted, credited: s.credited };
              return [{ name: "Q2", holds: mayGrant(a, payee, constants.L, m, f(m)) }];
            },
            next: (s, m) => ({ ...s, granted: m }),
          },
          {
            name: "send up to",
            chooses: true,
            guard: (s, m) =>
              rules.bounded
                ? [{ name: "D1: within the leases", holds: a.atMost(m, s.granted) }]
                : [],
            next: (s, m) => ({ ...s, tx: a.max(s.tx, m) }),
          },
          {
            name: "arrive up to",
            chooses: true,
            guard: (s, m) => [{ name: "E1", holds: a.atMost(m, s.tx) }],
            next: (s, m) => ({ ...s, rx: a.max(s.rx, m) }),
          },
          {
            name: "accept that so much was lost",
            chooses: true,
            guard: (s, m) => [{ name: "a quarter", holds: a.atMost(four(a, m), s.rx) }],
            next: (s, m) => ({ ...s, lost: a.max(s.lost, m) }),
          },
          {
            name: "state",
            chooses: true,
            guard: (s, m) =>
              rules.honest ? [{ name: "the truth", holds: a.atMost(m, s.tx) }] : [],
            next: (s, m) => ({ ...s, stated: a.max(s.stated, m) }),
          },
          {
            name: "pay up to",
            chooses: true,
            guard: (s, m) => {
              const sent = rules.payable(a, s.stated, tolerated(s));
              const client = { sent, reserved: sent, leased: s.granted, signed: s.signed };
              return [{ name: "D2", holds: mayPay(a, f, client, m) }];
            },
            next: (s, m) => ({ ...s, signed: f(m) }),
          },
          {
            name: "credit",
            chooses: true,
            guard: (s, m) => [{ name: "E4", holds: a.atMost(m, s.signed) }],
            next: (s, m) => ({ ...s, credited: a.max(s.credited, m) }),
          },
        ],
        claims: (s) => claimsOf(rules, { a, f, constants }, s, tolerated(s)),
      };
    },
  };
}

function claimsOf<I, B>(
  rules: DeliveryRules,
  { a, f, constants }: World<"L" | "eps", I, B>,
  s: Readonly<Record<Field, I>>,
  tolerated: I,
): readonly Claim<B>[] {
  const zero = a.constant(0n);
  const always = a.atMost(zero, zero);
  return [
    { theorem: "T1", name: "0 <= rx", holds: a.atMost(zero, s.rx) },
    { theorem: "T1", name: "rx <= tx", holds: a.atMost(s.rx, s.tx) },
    { theorem: "T1", name: "tx <= G", holds: a.atMost(s.tx, s.granted) },
    { theorem: "T21", name: "0 <= lost", holds: a.atMost(zero, s.lost) },
    { theorem: "T21", name: "lost <= rx / 4", holds: a.atMost(four(a, s.lost), s.rx) },
    { theorem: "T5", name: "0 <= w", holds: a.atMost(zero, s.credited) },
    { theorem: "T5", name: "w <= v", holds: a.atMost(s.credited, s.signed) },
    {
      theorem: "T7",
      name: "F(G) <= w + L, and so is what was sent",
      holds: a.atMost(f(s.granted), a.add(s.credited, constants.L)),
    },
    {
      theorem: "T22",
      name: "v <= F(rx + lost + eps), whatever is stated",
      holds: a.atMost(s.signed, f(tolerated)),
    },
    {
      theorem: "T5",
      name: "an honest exit: v <= F(tx)",
      holds: rules.honest ? a.atMost(s.signed, f(s.tx)) : always,
    },
    {
      theorem: "T5",
      name: "an honest exit: stated <= tx",
      holds: rules.honest ? a.atMost(s.stated, s.tx) : always,
    },
  ];
}

function four<I, B>(a: Algebra<I, B>, of: I): I {
  const twice = a.add(of, of);
  return a.add(twice, twice);
}
