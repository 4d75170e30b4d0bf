import { spawnSync } from "node:child_process";

/**
 * Whether a tool is missing, which is said. On CI nothing may be missing: there the test runs, and
 * fails.
 */
export function lacks(...tools: readonly string[]): boolean {
  const missing = tools.filter(
    (one) => spawnSync("sh", ["-c", 'command -v "$0"', one]).status !== 0,
  );
  const { CI = "" } = process.env;
  if (missing.length === 0 || CI !== "") return false;
  console.warn(`SKIPPED: needs ${missing.join(", ")} (a Debian package of that name has it)`);
  return true;
}
