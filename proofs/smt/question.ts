import { call, prelude, type Term } from "./term.ts";

/** A question to a solver: can all of this hold at once? */
export interface Question {
  readonly name: string;
  readonly symbols: readonly string[];
  /** Questions that share this very list, one after the other, share the solver's work on it. */
  readonly given: readonly Term[];
  readonly also: readonly Term[];
}

/** What a solver answered, or why it did not. Only `sat` and `unsat` say anything. */
export type Answer = "sat" | "unsat" | "unknown" | "missing" | "timed out" | "crashed";

/** Questions as one script, each between push and pop, one answer each. */
export function scriptOf(questions: readonly Question[]): string {
  const lines: string[] = [...prelude];
  questions.forEach((question, i) => {
    if (questions[i - 1]?.given !== question.given) lines.push("(push 1)", ...stage(question));
    const also = question.also.map((one) => call("assert", one));
    lines.push(`; ${question.name}`, "(push 1)", ...also, "(check-sat)", "(pop 1)");
    if (questions[i + 1]?.given !== question.given) lines.push("(pop 1)");
  });
  return `${lines.join("\n")}\n`;
}

/** Questions that were answered by sat, as one script that asks for a witness of each. */
export function witnessScript(questions: readonly Question[]): string {
  const lines = questions.flatMap((question) => [
    "(push 1)",
    ...stage(question),
    ...question.also.map((one) => call("assert", one)),
    "(check-sat)",
    `(get-value (${question.symbols.join(" ")}))`,
    "(pop 1)",
  ]);
  return `${[...prelude, ...lines].join("\n")}\n`;
}

function stage({ symbols, given }: Question): readonly string[] {
  return [
    ...symbols.map((one) => `(declare-const ${one} Int)`),
    ...given.map((one) => call("assert", one)),
  ];
}
