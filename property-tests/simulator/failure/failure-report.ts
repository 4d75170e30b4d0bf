import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Violation } from "../check/violation.ts";
import type { RunOptions } from "../network/build.ts";
import { type NaiveDesign, naiveDesigns } from "../network/naive-design.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { writeScenario } from "../scenario/scenario-writer.ts";
import { traceOf } from "./event-trace.ts";
import { shrink } from "./shrink.ts";

/** How a run was made, as far as it has to be made the same way again. */
export interface RunChoice {
  readonly seed: number;
  readonly keys: "fast" | "real";
  readonly defect: NaiveDesign | undefined;
}

/** What a person needs to look into a failure. */
export interface FailureReport {
  readonly seed: number;
  /** What broke in the small scenario. */
  readonly violation: Violation;
  /** Files: the small scenario, and everything that happened in it. */
  readonly scenario: string;
  readonly trace: string;
  /** One command that shows it again. */
  readonly again: string;
}

/** What a choice means for a run. */
export function optionsOf({ seed, keys, defect }: RunChoice): RunOptions {
  return { seed, keys, ...(defect === undefined ? {} : { defect: naiveDesigns[defect] }) };
}

/**
 * Makes a failing scenario small and writes it down, with its trace. Gives nothing where it does not
 * fail after all. Throws what the file system throws.
 */
export function reportFailure(
  scenario: Scenario,
  choice: RunChoice,
  folder: string,
): FailureReport | undefined {
  const shrunk = shrink(scenario, optionsOf(choice));
  if (shrunk === undefined) return undefined;
  const { violation } = shrunk;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "scenario.json");
  const trace = join(folder, "trace.txt");
  const description = `${violation.theorem}: ${violation.words}`;
  writeFileSync(file, writeScenario({ ...shrunk.scenario, seed: choice.seed }, { description }));
  const lines = traceOf(shrunk.scenario, optionsOf(choice));
  writeFileSync(trace, `${lines.join("\n")}\n`);
  const keys = choice.keys === "fast" ? "" : ` --keys ${choice.keys}`;
  const defect = choice.defect === undefined ? "" : ` --defect ${choice.defect}`;
  const again = `npm run simulate -- --scenario ${file} --seed ${choice.seed}${keys}${defect}`;
  return { seed: choice.seed, violation, scenario: file, trace, again };
}
