import { spawnSync } from "node:child_process";
import type { CutReport } from "../cut-report.ts";
import { report } from "./flash.ts";

/** Tells the host what was found after cuts. */
export function reportCuts(cuts: CutReport): void {
  report(cuts);
}

/** So many lines of the kernel's own log belong to a failure. */
const kernelLines = 20;

/** A failure, with what the kernel had to say by then. */
export function failure(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const kernel = spawnSync("dmesg", { encoding: "latin1" }).stdout.trim().split("\n");
  return [words, ...kernel.slice(-kernelLines)].join("\n");
}
