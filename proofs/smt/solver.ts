import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
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

/** How long a solver may think about one script, in milliseconds. Beyond it is killed. */
export const thinkingLimit = 60_000;

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
  const { how, text } = await run(solver, scriptOf(questions), limit);
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
  const { text } = await run(solver, witnessScript(questions), thinkingLimit);
  const [, ...parts] = text.split(/^sat$/m);
  return questions.map((_, i) => {
    const values = (parts[i] ?? "").matchAll(/\((\w+) (\d+|\(- \d+\))\)/g);
    return Array.from(values, ([, name, value]) => `${name} = ${bare(value ?? "")}`).join(", ");
  });
}

function bare(value: string): string {
  return value.startsWith("(") ? `-${value.slice(3, -1)}` : value;
}

interface Ending {
  readonly how: "ended" | "missing" | "timed out" | "crashed";
  readonly text: string;
}

function run(solver: Solver, script: string, limit: number): Promise<Ending> {
  return new Promise((resolve) => {
    const [program, ...words] = solver.command;
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    let isLate = false;
    const alarm = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limit);
    const end = (how: Ending["how"]) => {
      clearTimeout(alarm);
      resolve({ how, text });
    };
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    child.stdin.on("error", () => {}); // a solver that is gone says so by its exit
    child.on("error", () => end("missing"));
    child.on("close", (code) => end(isLate ? "timed out" : code === 0 ? "ended" : "crashed"));
    child.stdin.end(script);
  });
}
