import { otherAccounts, shippedAccount } from "./account/account-subject.ts";
import { accountDefects } from "./defects/account-defect.ts";
import { killByExploring, killBySolver } from "./defects/killing.ts";
import { seededDefects } from "./defects/seeded-defect.ts";
import { proveByExploring } from "./model/exploring.ts";
import type { Subject } from "./model/subject.ts";
import { soundSubjects } from "./naive/naive-subject.ts";
import { quintFindings, quintKills } from "./quint/quint-proofs.ts";
import type { Report } from "./report/finding.ts";
import { proveByInduction } from "./smt/proving.ts";
import { otherSolvers, packagedZ3 } from "./smt/solver.ts";
import { spinFindings, spinKills } from "./spin/spin-proofs.ts";
import { twinFindings, twinKills } from "./spin/twin.ts";

/** What ships, as systems. */
export const shippedSubjects: readonly Subject[] = [
  shippedAccount,
  ...otherAccounts,
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
