import type { Algebra, Curve } from "#core/rules/algebra.ts";

/** A term of SMT-LIB 2.6 as text: integers and truth values alike, as solvers read them. */
export type Term = string & { readonly language: "SMT-LIB" };

/** The algebra that proves: every rule read in it is a term for all integers. */
export const terms: Algebra<Term, Term> = {
  constant: (value) => (value < 0n ? `(- ${-value})` : `${value}`) as Term,
  add: (a, b) => call("+", a, b),
  subtract: (a, b) => call("-", a, b),
  max: (a, b) => call("max", a, b),
  min: (a, b) => call("min", a, b),
  atMost: (a, b) => call("<=", a, b),
  below: (a, b) => call("<", a, b),
  and: (...all) => (all.length === 0 ? symbol("true") : call("and", ...all)),
  or: (...any) => (any.length === 0 ? symbol("false") : call("or", ...any)),
  not: (a) => call("not", a),
};

/** A symbol: a constant, a field, a function. */
export function symbol(name: string): Term {
  return name as Term;
}

/** A function or operator applied to terms. */
export function call(name: string, ...of: readonly Term[]): Term {
  return `(${name} ${of.join(" ")})` as Term;
}

/** F, and the positions it was asked about. */
export interface RecordedCurve {
  readonly f: Curve<Term>;
  /** What is known of F at these positions: see {@link floorAxioms}. */
  readonly axioms: () => readonly Term[];
}

/**
 * F as an unknown function. Every paid byte costs at least one grain, so F(b) - F(a) >= b - a for
 * a <= b, and F(0) = 0. Said of the positions that occur and no others: formulas stay free of
 * quantifiers, so solvers decide them, and a counter-example at those positions extends to a whole
 * F by cheapest prices between them.
 */
export function unknownCurve(): RecordedCurve {
  const asked = new Set<Term>();
  return {
    f: (at) => {
      asked.add(at);
      return call("F", at);
    },
    axioms: () => (asked.size > 0 ? floorAxioms([...asked.add("0" as Term)]) : []),
  };
}

function floorAxioms(positions: readonly Term[]): readonly Term[] {
  const pairs = positions.flatMap((one) =>
    positions.flatMap((other) =>
      one === other
        ? []
        : [
            call(
              "=>",
              terms.atMost(one, other),
              call("<=", call("-", other, one), call("-", call("F", other), call("F", one))),
            ),
          ],
    ),
  );
  return [call("=", call("F", "0" as Term), "0" as Term), ...pairs];
}

/** What every script begins with. */
export const prelude = [
  "(set-logic ALL)",
  "(define-fun max ((a Int) (b Int)) Int (ite (<= a b) b a))",
  "(define-fun min ((a Int) (b Int)) Int (ite (<= a b) a b))",
  "(declare-fun F (Int) Int)",
  "(declare-fun throttles (Int Int Int) Bool)",
] as const;
