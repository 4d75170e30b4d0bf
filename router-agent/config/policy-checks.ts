import type { Config } from "./config.ts";
import type { Finding } from "./finding.ts";

/** What is wrong between the options about the organiser. */
export function policyChecks({ policy }: Config): readonly Finding[] {
  const { organiser, mode, file, freeRate } = policy;
  const findings: Finding[] = [];
  if (mode === "follow" && organiser === undefined) {
    findings.push({ path: "policy", found: "follow", allowed: "`ask` or `off` without organiser" });
  }
  if (mode === "follow" && file === undefined) {
    const allowed = "a path, with policy `follow`: somewhere newer ones have to come from";
    findings.push({ path: "policy_file", found: "nothing", allowed });
  }
  if (freeRate.least > freeRate.most) {
    const found = `${freeRate.least} bits a second`;
    const allowed = `at most policy_free_most, ${freeRate.most}`;
    findings.push({ path: "policy_free_least", found, allowed });
  }
  return findings;
}
