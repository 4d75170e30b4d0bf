import type { Subject } from "../model/subject.ts";
import { type Finding, timed, type Verdict } from "../report/finding.ts";
import { type Assumption, type Induction, questionsOf } from "./induction.ts";
import type { Answer, Question } from "./question.ts";
import { ask, type Solver, witnesses } from "./solver.ts";

/**
 * Lets a solver prove inductions, and shows that they mean something: every action can happen, and
 * every assumption is needed, because without it there is a counter-example. All in one run of the
 * solver: starting one costs more than most inductions do.
 */
export async function proveByInduction(
  solver: Solver,
  subjects: readonly Subject[],
): Promise<readonly Finding[]> {
  const inductions = subjects.map((subject) => subject.induction());
  const questions = inductions.flatMap(questionsOf);
  const [answers, seconds] = await timed(() => ask(solver, questions));
  const told = new Map(questions.map((question, i) => [question, answers[i] ?? "crashed"]));
  const refutations = inductions.flatMap((one) => one.obligations.map(({ refute }) => refute));
  const broken = refutations.filter((one) => told.get(one) === "sat");
  const found = await witnesses(solver, broken);
  const examples = new Map(broken.map((question, i) => [question, found[i] ?? ""]));
  return inductions.flatMap((induction, i) => {
    const file = subjects[i]?.file ?? "";
    return findingsOf(induction, { told, examples }, { tool: solver.name, file, seconds });
  });
}

/** What a solver said, and a counter-example for each obligation that it refuted. */
interface Answers {
  readonly told: ReadonlyMap<Question, Answer>;
  readonly examples: ReadonlyMap<Question, string>;
}

function findingsOf(
  induction: Induction,
  { told, examples }: Answers,
  common: Pick<Finding, "tool" | "file" | "seconds">,
): readonly Finding[] {
  const { system, obligations } = induction;
  const theorems = [...new Set(obligations.map(({ theorem }) => theorem))];
  const bound = `all integers, ${questionsOf(induction).length} questions`;
  const findings = theorems.map((theorem): Finding => {
    const mine = obligations.filter((one) => one.theorem === theorem);
    const failed = mine.filter(({ refute }) => told.get(refute) !== "unsat");
    const faults = failed.map(({ refute }) => explain(refute, told, examples));
    const said = failed.map(({ refute }) => told.get(refute) ?? "crashed");
    const what = `${system}: ${mine.length} obligations`;
    return { ...common, theorems: [theorem], what, bound, verdict: verdictOf(said), faults };
  });
  const what = `${system}: nothing vacuous, nothing unneeded`;
  return [...findings, { ...common, theorems, bound, what, ...emptiness(induction, told) }];
}

/** What the solver did not refute, as one verdict. */
function verdictOf(said: readonly Answer[]): Verdict {
  if (said.length === 0) return "proved";
  if (said.includes("sat")) return "refuted";
  const other = said[0];
  return other === undefined || other === "sat" || other === "unsat" ? "unknown" : other;
}

function explain(
  question: Question,
  told: ReadonlyMap<Question, Answer>,
  examples: ReadonlyMap<Question, string>,
): string {
  const example = examples.get(question);
  const why = example === undefined ? told.get(question) : `fails where ${example}`;
  return `${question.name}: ${why}`;
}

function emptiness(induction: Induction, told: ReadonlyMap<Question, Answer>) {
  const impossible = induction.possible.filter((question) => told.get(question) !== "sat");
  const unneeded = induction.assumptions.filter((one) => !isNeeded(one, told));
  const faults = [
    ...impossible.map((one) => `not shown possible: ${one.name} (${told.get(one)})`),
    ...unneeded.map(({ name }) => `assumed, and not shown necessary: ${name}`),
  ];
  const said = [...impossible, ...unneeded.flatMap(({ without }) => without)].map((one) => {
    const answer = told.get(one) ?? "crashed";
    return answer === "unsat" ? "sat" : answer; // an empty or idle assumption is a refutation
  });
  return { verdict: faults.length === 0 ? ("proved" as const) : verdictOf(said), faults };
}

function isNeeded(assumption: Assumption, told: ReadonlyMap<Question, Answer>): boolean {
  return assumption.without.some((question) => told.get(question) === "sat");
}
