import { fileURLToPath } from "node:url";
import { run } from "../process/program.ts";
import { type Answer, type Question, scriptOf, witnessScript } from "./question.ts";

/** A program that reads SMT-LIB and answers one line for each question. */
export interface Solver {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** Z3 as the npm package has it, in a process of its own. */
export const packagedZ3: Solver = {
  name: "z3 (npm)",
  command: [process.execPath, fileURLToPath(new URL("./packaged-z3.ts", import.meta.url))],
};

/** Solvers of the machine, where it has them: built by others, in other languages. */
export const otherSolvers: readonly Solver[] = [
  { name: "z3 (system)", command: ["z3", "-in"] },
  { name: "cvc5 (system)", command: ["cvc5", "--incremental", "--lang=smt2", "-"] },
];

/**
 * How long a solver may think about one script, in milliseconds. Beyond it is killed. An idle machine
 * takes a twentieth of it: what a busy one finds must be the same.
 */
export const thinkingLimit = 600_000;

/**
 * One answer for each question, in order. Whatever is wrong with the solver is an answer too:
 * nothing that it did not say counts as said.
 */
export async function ask(
  solver: Solver,
  questions: readonly Question[],
  limit = thinkingLimit,
): Promise<readonly Answer[]> {
  if (questions.length === 0) return [];
  const { how, text } = await run(solver.command, { input: scriptOf(questions), limit });
  const said = text.split("\n").filter((line) => line.length > 0);
  return questions.map((_, i) => {
    const one = said[i];
    if (one === "sat" || one === "unsat" || one === "unknown") return one;
    return how === "ended" ? "crashed" : how;
  });
}

/** A witness of each question that was answered by sat, as text: "x = 3, y = 4". */
export async function witnesses(
  solver: Solver,
  questions: readonly Question[],
): Promise<readonly string[]> {
  if (questions.length === 0) return [];
  const { text } = await run(solver.command, {
    input: witnessScript(questions),
    limit: thinkingLimit,
  });
  const [, ...parts] = text.split(/^sat$/m);
  return questions.map((_, i) => {
    const values = (parts[i] ?? "").matchAll(/\((\w+) (\d+|\(- \d+\))\)/g);
    return Array.from(values, ([, name, value]) => `${name} = ${bare(value ?? "")}`).join(", ");
  });
}

function bare(value: string): string {
  return value.startsWith("(") ? `-${value.slice(3, -1)}` : value;
}
