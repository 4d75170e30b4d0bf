import { accountWithLostDisks, againstAnyone, shippedAccount } from "./account/account-subject.ts";
import { accountDefects } from "./defects/account-defect.ts";
import { killByExploring, killBySolver } from "./defects/killing.ts";
import { seededDefects } from "./defects/seeded-defect.ts";
import { billingLemmas } from "./lemmas/billing-lemmas.ts";
import { lemmaQuestions, proveLemmas } from "./lemmas/lemma.ts";
import { feasibleHops, impossibility } from "./lemmas/other-lemmas.ts";
import { proveByExploring } from "./model/exploring.ts";
import type { Subject } from "./model/subject.ts";
import { soundSubjects } from "./naive/naive-subject.ts";
import { inPairs } from "./process/in-pairs.ts";
import { quintFindings, quintKills } from "./quint/quint-proofs.ts";
import { type Finding, type Kill, type Report, together } from "./report/finding.ts";
import { shippedChannel } from "./settlement/channel-subject.ts";
import { questionsOf } from "./smt/induction.ts";
import { proveByInduction } from "./smt/proving.ts";
import { scriptOf } from "./smt/question.ts";
import { otherSolvers, packagedZ3, type Solver } from "./smt/solver.ts";
import { crashFindings } from "./spin/crash-transparency.ts";
import { deepSpinFindings, spinFindings, spinKills } from "./spin/spin-proofs.ts";
import { twinFindings, twinKills } from "./spin/twin.ts";

/** What the models in Promela need. */
const spins = ["spin", "gcc"];

/** What ships, as systems. */
export const shippedSubjects: readonly Subject[] = [
  shippedAccount,
  ...againstAnyone,
  accountWithLostDisks,
  shippedChannel,
  ...soundSubjects,
];

/** Two runs of a solver that take about as long: lost disks are half of all questions. */
const inTwoRuns: readonly (readonly Subject[])[] = [
  shippedSubjects.filter((subject) => subject !== accountWithLostDisks),
  [accountWithLostDisks],
];

/** A part of the proofs that can be asked for by name. */
export interface Check {
  /** What it does, for --help. */
  readonly about: string;
  /** Programs that npm does not bring along. */
  readonly needs: readonly string[];
  /** Whether it takes too long for every run. */
  readonly isDeep: boolean;
  /** In how many seconds two quiet cores should do it, where that is a goal. */
  readonly goal?: number;
  readonly run: () => Promise<Report>;
}

/** Everything that can be asked of `npm run prove`, by name, in order. */
export const checks: Readonly<Record<string, Check>> = {
  z3: {
    ...check("inductive invariants of the shipped rules, for all integers", [], async () => {
      const works = inTwoRuns.map((subjects) => () => proveByInduction(packagedZ3, subjects));
      return (await inPairs(works)).flat();
    }),
    goal: 10,
  },
  lemmas: check("lemmas, for all integers", [], () => lemmaFindings(packagedZ3)),
  explorer: check("every reachable state of small scopes, by the shipped rules", [], async () => {
    return (await inPairs(shippedSubjects.map((one) => () => proveByExploring(one)))).flat();
  }),
  spin: {
    ...check("every write and send a step, a crash between any two; progress", spins, async () => {
      return [...(await spinFindings()), ...(await crashFindings())];
    }),
    goal: 60,
  },
  twin: check("explorer and spin reach the same states", spins, twinFindings),
  quint: check("the readable specification, and the rules against it", [], quintFindings),
  others: check("what Z3 was asked, asked of Debian's z3 and cvc5", ["z3", "cvc5"], async () => {
    return (await inPairs(otherSolvers.map((solver) => () => secondOpinion(solver)))).flat();
  }),
  defects: {
    about: "seeded defects, and which tools find them",
    needs: spins,
    isDeep: false,
    run: async () => ({ findings: [], kills: await allKills() }),
  },
  deep: {
    ...check("spin with 5 positions", spins, deepSpinFindings),
    isDeep: true,
  },
};

function check(
  about: string,
  needs: readonly string[],
  find: () => Promise<readonly Finding[]>,
): Check {
  const run = async () => ({ findings: await find(), kills: [] });
  return { about, needs, isDeep: false, run };
}

async function secondOpinion(solver: Solver): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const subject of shippedSubjects) {
    findings.push(together(await proveByInduction(solver, [subject]), subject.name));
  }
  return [...findings, together(await lemmaFindings(solver), "the lemmas")];
}

async function allKills(): Promise<readonly Kill[]> {
  return [
    ...seededDefects.map(killByExploring),
    ...(await killBySolver(packagedZ3, seededDefects)),
    ...(await spinKills()),
    ...(await twinKills(accountDefects)),
    ...(await quintKills(accountDefects)),
  ];
}

async function lemmaFindings(solver: Solver): Promise<readonly Finding[]> {
  const others = [impossibility, ...feasibleHops];
  return [
    ...(await proveLemmas(solver, billingLemmas, "proofs/lemmas/billing-lemmas.ts")),
    ...(await proveLemmas(solver, others, "proofs/lemmas/other-lemmas.ts")),
  ];
}

/** What the solvers read, by name: SMT-LIB 2.6. */
export function scripts(): ReadonlyMap<string, string> {
  return new Map([
    ...shippedSubjects.map((subject) => {
      const asked = questionsOf(subject.induction());
      return [subject.name.replaceAll(" ", "-"), scriptOf(asked)] as const;
    }),
    ["lemmas", scriptOf(lemmaQuestions([...billingLemmas, impossibility, ...feasibleHops]))],
  ]);
}
