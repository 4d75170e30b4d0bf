import { breachText, exploreAll } from "../model/exploring.ts";
import type { Kill } from "../report/finding.ts";
import type { Obligation } from "../smt/induction.ts";
import type { Answer, Question } from "../smt/question.ts";
import { ask, type Solver, witnesses } from "../smt/solver.ts";
import { terms } from "../smt/term.ts";
import type { SeededDefect } from "./seeded-defect.ts";

/** Whether exploring finds a defect. */
export function killByExploring({ name, subject }: SeededDefect): Kill {
  const { broken, states } = exploreAll(subject);
  const how = broken === undefined ? `survives ${states} states` : breachText(broken);
  const outcome = broken === undefined ? "survives" : "killed";
  return { defect: name, tool: "explorer", outcome, how };
}

/**
 * Whether a solver finds steps by which defects break the induction, all of them in one run of the
 * solver. Silence kills nothing.
 */
export async function killBySolver(
  solver: Solver,
  defects: readonly SeededDefect[],
): Promise<readonly Kill[]> {
  const inductions = defects.map(({ subject }) => subject.induction().obligations);
  const steps = inductions.map(stepsOf);
  const found = await answersTo(
    solver,
    steps.flat().map(({ whole }) => whole),
  );
  const weak = steps.map((all) => all.find(({ whole }) => found.get(whole) === "sat"));
  const parts = weak.flatMap((step) => step?.parts ?? []);
  const told = await answersTo(
    solver,
    parts.map(({ refute }) => refute),
  );
  const hits = weak.map((step) => step?.parts.find(({ refute }) => told.get(refute) === "sat"));
  const broken = hits.flatMap((hit) => (hit === undefined ? [] : [hit.refute]));
  const examples = await witnesses(solver, broken);
  return defects.map(({ name }, i): Kill => {
    const hit = hits[i];
    if (hit === undefined) {
      const odd = steps[i]?.map(({ whole }) => found.get(whole)).find((one) => one !== "unsat");
      const how = odd ?? "every obligation still holds";
      return { defect: name, tool: solver.name, outcome: withoutExample(odd), how };
    }
    const example = examples[broken.indexOf(hit.refute)];
    const how = `${hit.theorem} (${hit.refute.name}): ${example}`;
    return { defect: name, tool: solver.name, outcome: "killed", how };
  });
}

/** An answer of which no part was shown to be broken. `sat` of a whole step alone shows nothing. */
function withoutExample(answer: Answer | undefined): Kill["outcome"] {
  if (answer === undefined || answer === "unsat") return "survives";
  return answer === "sat" ? "crashed" : answer;
}

/** The obligations of one step, and the question whether it breaks any of them. */
interface WholeStep {
  readonly whole: Question;
  readonly parts: readonly Obligation[];
}

function stepsOf(obligations: readonly Obligation[]): readonly WholeStep[] {
  const actions = [...new Set(obligations.map(({ action }) => action))];
  return actions.flatMap((action) => {
    const parts = obligations.filter((one) => one.action === action);
    const [first] = parts;
    if (first === undefined) return [];
    const also = [terms.or(...parts.flatMap(({ refute }) => refute.also))];
    return [{ whole: { ...first.refute, name: action, also }, parts }];
  });
}

async function answersTo(solver: Solver, questions: readonly Question[]) {
  const answers = await ask(solver, questions);
  return new Map(questions.map((question, i) => [question, answers[i]]));
}
