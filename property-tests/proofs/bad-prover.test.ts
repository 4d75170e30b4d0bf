import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { shippedAccount } from "../../proofs/account/account-subject.ts";
import { killBySolver } from "../../proofs/defects/killing.ts";
import { seededDefects } from "../../proofs/defects/seeded-defect.ts";
import { isRight, type Kill, survivors } from "../../proofs/report/finding.ts";
import { proveByInduction } from "../../proofs/smt/proving.ts";
import type { Question } from "../../proofs/smt/question.ts";
import { ask, packagedZ3, type Solver } from "../../proofs/smt/solver.ts";
import { symbol } from "../../proofs/smt/term.ts";

const program = (name: string, script: string): Solver => ({
  name,
  command: [process.execPath, "-e", script],
});
const says = (word: string) =>
  program(
    `says ${word}`,
    `let all = ""; process.stdin.on("data", (more) => { all += more; }).on("end", () =>
       all.split("(check-sat)").slice(1).forEach(() => console.log(${JSON.stringify(word)})));`,
  );

const missing: Solver = { name: "missing", command: ["no-such-solver"] };
const crashing = program("crashing", "process.exit(1)");
const silent = program("silent", "process.stdin.resume()");
const lost = program("lost", "console.log('unsat'); process.exit(139)");

const question: Question = { name: "q", symbols: ["a"], given: [], also: [symbol("(< a 0)")] };

test.each([
  [missing, "missing"],
  [crashing, "crashed"],
  [silent, "crashed"],
  [says("unknown"), "unknown"],
  [says("(error nonsense)"), "crashed"],
] as const)("a solver that is $name is told by its answer", async (solver, answer) => {
  expect(await ask(solver, [question, question])).toEqual([answer, answer]);
});

test("a solver that thinks too long is stopped, and has said nothing", async () => {
  const slow = program("slow", "setInterval(() => {}, 1000)");
  expect(await ask(slow, [question], 200)).toEqual(["timed out"]);
});

test("a solver that crashes after its first answer has given one answer", async () => {
  expect(await ask(lost, [question, question])).toEqual(["unsat", "crashed"]);
});

test("a solver that ends itself at once is heard to its last word", async () => {
  const long = program("long", "process.stdout.write('unsat\\n'.repeat(300_000)); process.exit(0)");
  const asked = Array.from({ length: 300_000 }, () => question);
  expect(new Set(await ask(long, asked))).toEqual(new Set(["unsat"]));
});

test.each([missing, crashing, silent, lost, says("unknown"), says("sat"), says("unsat")])(
  "a solver that is or $name proves nothing",
  async (solver) => {
    const findings = await proveByInduction(solver, [shippedAccount]);
    expect(findings.filter(({ verdict }) => verdict !== "proved").length).toBeGreaterThan(0);
  },
);

test.each([missing, crashing, silent, says("unknown"), says("unsat")])(
  "a solver that is or $name kills nothing",
  async (solver) => {
    const kills = await killBySolver(solver, seededDefects.slice(0, 1));
    expect(kills.map(({ outcome }) => outcome)).not.toContain("killed");
  },
);

const kill = (tool: string, outcome: Kill["outcome"]): Kill => {
  return { defect: "d", tool, outcome, how: "" };
};

test.each([
  ["one tool kills it twice", [kill("a", "killed"), kill("a", "killed")], ["d"]],
  ["two tools kill it", [kill("a", "killed"), kill("b", "killed")], []],
  ["one kills it and one is missing", [kill("a", "killed"), kill("b", "missing")], ["d"]],
  [
    "two kill it and a third finds nothing",
    [kill("a", "killed"), kill("b", "killed"), kill("c", "survives")],
    ["d"],
  ],
] as const)("whether a defect survives where %s", (_, kills, alive) => {
  expect(survivors(kills)).toEqual(alive);
  expect(isRight({ findings: [], kills })).toBe(alive.length === 0);
});

test("a run that asked for nothing has proved nothing", () => {
  expect(isRight({ findings: [], kills: [] })).toBe(false);
});

test("the packaged Z3 answers by one line a question", async () => {
  const other: Question = { ...question, also: [symbol("(and (< a 0) (< 0 a))")] };
  expect(await ask(packagedZ3, [question, other])).toEqual(["sat", "unsat"]);
});

test("npm run prove explains itself, and refuses what it does not know", () => {
  const main = "proofs/main.ts";
  const help = execFileSync(process.execPath, [main, "--help"], { encoding: "utf8" });
  expect(help).toContain("usage: npm run prove");
  const odd = spawnSync(process.execPath, [main, "--only", "magic"], { encoding: "utf8" });
  expect(odd.status).toBe(3);
  expect(odd.stderr).toContain("no such check: magic");
});
