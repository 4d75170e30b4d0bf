import type { Algebra } from "#core/rules/algebra.ts";
import { type ContractView, countedTotals, partsOf } from "#core/rules/contract-rules.ts";
import { type Claim, equal, type Model, type State, type System } from "../model/system.ts";

/** The numbers that the contract stores of one channel. */
type Field = keyof ContractView<never>;

/** What a party has, by which its withdrawals are measured. */
export interface ContractRules {
  readonly partsOf: typeof partsOf;
}

/** What ships. */
export const soundContract: ContractRules = { partsOf };

/** Vouchers count in full, whatever their signer has. */
export const uncutContract: ContractRules = {
  partsOf: (a, { depositA, depositB, cumAB, cumBA, outA, outB }) => ({
    a: a.subtract(a.add(depositA, cumBA), a.add(cumAB, outA)),
    b: a.subtract(a.add(depositB, cumAB), a.add(cumBA, outB)),
  }),
};

/**
 * The contract's money, whatever anybody signs and brings: no subtraction in it ever falls below 0, so
 * that no close is ever refused for that, and both parts together are what it holds of the channel.
 */
export function contractSystem(rules: ContractRules): System<Field, never> {
  return {
    name: "contract",
    fields: ["depositA", "depositB", "cumAB", "cumBA", "outA", "outB"],
    constants: [],
    model: <I, B>({ a }: { readonly a: Algebra<I, B> }): Model<Field, I, B> => {
      const zero = a.constant(0n);
      return {
        terms: [],
        first: {
          depositA: zero,
          depositB: zero,
          cumAB: zero,
          cumBA: zero,
          outA: zero,
          outB: zero,
        },
        actions: actionsOf(rules, a),
        claims: (state) => [...arithmetic(rules, a, state), ...meaning(rules, a, state)],
      };
    },
  };
}

function actionsOf<I, B>(rules: ContractRules, a: Algebra<I, B>): Model<Field, I, B>["actions"] {
  const free = { chooses: true, guard: () => [] } as const;
  const covered = (part: I, m: I) => [{ name: "within its part", holds: a.atMost(m, part) }];
  return [
    { name: "a deposits", ...free, next: (s, m) => ({ ...s, depositA: a.add(s.depositA, m) }) },
    { name: "b deposits", ...free, next: (s, m) => ({ ...s, depositB: a.add(s.depositB, m) }) },
    { name: "a's voucher", ...free, next: (s, m) => ({ ...s, cumAB: a.max(s.cumAB, m) }) },
    { name: "b's voucher", ...free, next: (s, m) => ({ ...s, cumBA: a.max(s.cumBA, m) }) },
    {
      name: "a takes out",
      chooses: true,
      guard: (s, m) => covered(rules.partsOf(a, s).a, m),
      next: (s, m) => ({ ...s, outA: a.add(s.outA, m) }),
    },
    {
      name: "b takes out",
      chooses: true,
      guard: (s, m) => covered(rules.partsOf(a, s).b, m),
      next: (s, m) => ({ ...s, outB: a.add(s.outB, m) }),
    },
  ];
}

/** What the contract computes, step by step: nothing is below 0. */
function arithmetic<I, B>(
  rules: ContractRules,
  a: Algebra<I, B>,
  s: State<Field, I>,
): readonly Claim<B>[] {
  const zero = a.constant(0n);
  const hasA = a.subtract(a.add(s.depositA, s.cumBA), s.outA);
  const hasB = a.subtract(a.add(s.depositB, s.cumAB), s.outB);
  const parts = rules.partsOf(a, s);
  const natural = (name: string, value: I): Claim<B> => {
    return { theorem: "claim", name: `0 <= ${name}`, holds: a.atMost(zero, value) };
  };
  return [
    natural("cumAB", s.cumAB),
    natural("cumBA", s.cumBA),
    natural("what a has", hasA),
    natural("what b has", hasB),
    natural("a's part", parts.a),
    natural("b's part", parts.b),
    natural("what is held", heldOf(a, s)),
  ];
}

/** What the results mean. */
function meaning<I, B>(
  rules: ContractRules,
  a: Algebra<I, B>,
  s: State<Field, I>,
): readonly Claim<B>[] {
  const parts = rules.partsOf(a, s);
  const totals = countedTotals(a, s);
  const signed = a.subtract(a.add(s.depositA, s.cumBA), a.add(s.cumAB, s.outA));
  const clamped = a.min(a.max(signed, a.constant(0n)), heldOf(a, s));
  const uncut = [equal(a, totals.cumAB, s.cumAB), equal(a, totals.cumBA, s.cumBA)];
  return [
    {
      theorem: "claim",
      name: "the parts are what is held",
      holds: equal(a, a.add(parts.a, parts.b), heldOf(a, s)),
    },
    {
      theorem: "claim",
      name: "a's part is what was signed, at least nothing and at most what is held",
      holds: equal(a, parts.a, clamped),
    },
    { theorem: "claim", name: "at most one total is cut", holds: a.or(...uncut) },
  ];
}

function heldOf<I, B>(a: Algebra<I, B>, s: State<Field, I>): I {
  return a.subtract(a.add(s.depositA, s.depositB), a.add(s.outA, s.outB));
}
