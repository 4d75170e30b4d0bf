import type { Config } from "./config.ts";
import type { Finding } from "./finding.ts";

/** What is wrong between the options about junk. */
export function defenceChecks({ junk }: Config): readonly Finding[] {
  const findings: Finding[] = [];
  if (junk.share === 0n) {
    const allowed = "0.0001% or more: without a share no good byte would make up for junk";
    findings.push({ path: "junk_share", found: "0%", allowed });
  }
  if (junk.stopBuying > junk.freeTier) {
    const found = `${junk.stopBuying} bytes`;
    const allowed = `at most junk_free_bytes, ${junk.freeTier}: buying stops before selling does`;
    findings.push({ path: "junk_bytes", found, allowed });
  }
  return findings;
}
