import { spawnSync } from "node:child_process";

/** Whether to skip what needs a babeld, loudly; on CI it fails instead. */
export function skipsRoutingLab(): boolean {
  const { CI } = process.env;
  const found = spawnSync("sh", ["-c", "command -v babeld"]).status === 0;
  if (found || (CI !== undefined && CI !== "")) return false;
  console.warn("SKIPPED: this lab test needs babeld (Debian: babeld)");
  return true;
}
