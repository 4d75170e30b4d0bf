import { expect, test } from "vitest";
import { exploreAll } from "../../proofs/model/exploring.ts";
import { type Subject, subjectOf } from "../../proofs/model/subject.ts";
import {
  type ContractRules,
  contractSystem,
  soundContract,
  uncutContract,
} from "../../proofs/settlement/contract-system.ts";
import { proveByInduction } from "../../proofs/smt/proving.ts";
import { packagedZ3 } from "../../proofs/smt/solver.ts";

const most = { depositA: 2, depositB: 2, cumAB: 5, cumBA: 5, outA: 4, outB: 4 };
const scope = { prices: [1], constants: {}, most, choices: 5 };
const subject = (rules: ContractRules): Subject =>
  subjectOf(contractSystem(rules), "proofs/settlement/contract-system.ts", "0 to 5", [scope]);

test("claim: whatever is signed and brought, no sum in the contract falls below 0 and its parts are what it holds, for all integers", async () => {
  const findings = await proveByInduction(packagedZ3, [subject(soundContract)]);
  expect(findings.flatMap(({ faults }) => faults)).toEqual([]);
  expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(["proved"]));
});

test("claim: the same in every reachable state of a small scope", () => {
  expect(exploreAll(subject(soundContract)).broken).toBeUndefined();
});

test("a contract whose vouchers count in full is found wrong by Z3 and by exploring", async () => {
  const findings = await proveByInduction(packagedZ3, [subject(uncutContract)]);
  expect(findings.map(({ verdict }) => verdict)).toContain("refuted");
  expect(exploreAll(subject(uncutContract)).broken?.theorem).toBe("claim");
});
