import { otherAccounts, shippedAccount } from "./account/account-subject.ts";
import { accountDefects } from "./defects/account-defect.ts";
import { killByExploring, killBySolver } from "./defects/killing.ts";
import { seededDefects } from "./defects/seeded-defect.ts";
import { billingLemmas } from "./lemmas/billing-lemmas.ts";
import { proveLemmas } from "./lemmas/lemma.ts";
import { feasibleHops, impossibility } from "./lemmas/other-lemmas.ts";
import { proveByExploring } from "./model/exploring.ts";
import type { Subject } from "./model/subject.ts";
import { soundSubjects } from "./naive/naive-subject.ts";
import { quintFindings, quintKills } from "./quint/quint-proofs.ts";
import type { Finding, Report } from "./report/finding.ts";
import { shippedChannel } from "./settlement/channel-subject.ts";
import { proveByInduction } from "./smt/proving.ts";
import { otherSolvers, packagedZ3, type Solver } from "./smt/solver.ts";
import { spinFindings, spinKills } from "./spin/spin-proofs.ts";
import { twinFindings, twinKills } from "./spin/twin.ts";

/** What ships, as systems. */
export const shippedSubjects: readonly Subject[] = [
  shippedAccount,
  ...otherAccounts,
  shippedChannel,
  ...soundSubjects,
];

/** Everything that can be asked of `npm run prove`, by name, in order. */
export const checks: Readonly<Record<string, () => Promise<Report>>> = {
  z3: async () => {
    const findings = [];
    for (const subject of shippedSubjects) {
      findings.push(...(await proveByInduction(packagedZ3, subject)));
    }
    return { findings, kills: [] };
  },
  lemmas: async () => ({ findings: await lemmaFindings([packagedZ3]), kills: [] }),
  explorer: async () => {
    const findings = [];
    for (const subject of shippedSubjects) findings.push(...(await proveByExploring(subject)));
    return { findings, kills: [] };
  },
  spin: async () => ({ findings: await spinFindings(), kills: [] }),
  twin: async () => ({ findings: await twinFindings(), kills: [] }),
  quint: async () => ({ findings: await quintFindings(), kills: [] }),
  others: async () => {
    const findings = [];
    for (const solver of otherSolvers) {
      for (const subject of shippedSubjects) {
        findings.push(...(await proveByInduction(solver, subject)));
      }
    }
    findings.push(...(await lemmaFindings(otherSolvers)));
    return { findings, kills: [] };
  },
  defects: async () => {
    const kills = [
      ...seededDefects.map(killByExploring),
      ...(await killBySolver(packagedZ3, seededDefects)),
      ...(await spinKills()),
      ...(await twinKills(accountDefects)),
      ...(await quintKills(accountDefects)),
    ];
    return { findings: [], kills };
  },
};

async function lemmaFindings(solvers: readonly Solver[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const solver of solvers) {
    const others = [impossibility, ...feasibleHops];
    findings.push(
      ...(await proveLemmas(solver, billingLemmas, "proofs/lemmas/billing-lemmas.ts")),
      ...(await proveLemmas(solver, others, "proofs/lemmas/other-lemmas.ts")),
    );
  }
  return findings;
}
