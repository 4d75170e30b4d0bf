import type { Named } from "../model/system.ts";
import { type Finding, timed } from "../report/finding.ts";
import type { Question } from "../smt/question.ts";
import { ask, type Solver, witnesses } from "../smt/solver.ts";
import { symbol, type Term, terms, unknownCurve } from "../smt/term.ts";

/** A statement about whole numbers: whenever the given holds, so does the claim. */
export interface Lemma {
  readonly theorem: string;
  readonly name: string;
  readonly symbols: readonly string[];
  readonly statement: (of: (name: string) => Term, f: (at: Term) => Term) => Statement;
}

/** A lemma, read in terms. */
export interface Statement {
  readonly given: readonly Named<Term>[];
  readonly claim: Term;
  /** Instead of the assumption of this name, this one: then the claim must be able to fail. */
  readonly tight?: Named<Term>;
}

interface Case {
  readonly refute: Question;
  readonly possible: Question;
  /** Each must have a counter-example. */
  readonly without: readonly Question[];
}

/**
 * Proves lemmas: the claim cannot fail, the given is possible, each part of it is needed, and what
 * is said to be tight is.
 */
export async function proveLemmas(
  solver: Solver,
  lemmas: readonly Lemma[],
  file: string,
): Promise<readonly Finding[]> {
  const cases = lemmas.map(casesOf);
  const questions = cases.flatMap(asked);
  const [answers, seconds] = await timed(() => ask(solver, questions));
  const told = new Map(questions.map((question, i) => [question, answers[i] ?? "crashed"]));
  const broken = cases.map(({ refute }) => refute).filter((one) => told.get(one) === "sat");
  const examples = await witnesses(solver, broken);
  return lemmas.map(({ theorem, name }, i): Finding => {
    const { refute, possible, without } = cases[i] as Case;
    const wanted = [[refute, "unsat"], [possible, "sat"], ...without.map((one) => [one, "sat"])];
    const odd = (wanted as [Question, string][]).filter(
      ([one, answer]) => told.get(one) !== answer,
    );
    const silent = odd
      .map(([one]) => told.get(one))
      .find((one) => one !== "sat" && one !== "unsat");
    const faults = odd.map(([one]) => {
      const example = examples[broken.indexOf(one)];
      return `${one.name}: ${told.get(one)}${example === undefined ? "" : `, where ${example}`}`;
    });
    const verdict = odd.length === 0 ? "proved" : ((silent as "unknown" | undefined) ?? "refuted");
    const bound = `all integers, ${without.length + 2} questions`;
    return {
      theorems: [theorem],
      what: name,
      tool: solver.name,
      bound,
      file,
      seconds,
      verdict,
      faults,
    };
  });
}

/** Everything that is asked about lemmas, in the order in which it is asked. */
export function lemmaQuestions(lemmas: readonly Lemma[]): readonly Question[] {
  return lemmas.map(casesOf).flatMap(asked);
}

function asked({ refute, possible, without }: Case): readonly Question[] {
  return [refute, possible, ...without];
}

function casesOf(lemma: Lemma): Case {
  const read = () => {
    const curve = unknownCurve();
    const statement = lemma.statement(symbol, curve.f);
    return { ...statement, axioms: curve.axioms() };
  };
  const { given, claim, tight, axioms } = read();
  const fails = terms.not(claim);
  const { symbols } = lemma;
  const all = [...axioms, ...given.map(({ holds }) => holds)];
  const less = (name: string) => [
    ...axioms,
    ...given.filter((one) => one.name !== name).map(({ holds }) => holds),
  ];
  const dropped = given.map(({ name }): Question => {
    return { name: `${lemma.name}: without ${name}`, symbols, given: less(name), also: [fails] };
  });
  const sharp: readonly Question[] =
    tight === undefined
      ? []
      : [
          {
            name: `${lemma.name}: tight`,
            symbols,
            given: [...less(tight.name), tight.holds],
            also: [fails],
          },
        ];
  return {
    refute: { name: lemma.name, symbols, given: all, also: [fails] },
    possible: { name: `${lemma.name}: the given is possible`, symbols, given: all, also: [] },
    without: [...dropped, ...sharp],
  };
}
