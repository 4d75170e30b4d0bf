import type { Violation } from "../check/violation.ts";
import type { RunOptions } from "../network/build.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { simplerOnes } from "./simpler.ts";
import { verdictOf } from "./verdict.ts";

/** How much work goes into making a failure small: inputs of nodes, over all runs. */
export const shrinkLimit = 1_500_000;

/** The smallest scenario that was found to break the same theorem. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly violation: Violation;
  /** Runs that were tried. */
  readonly runs: number;
}

/**
 * Makes a failing scenario small: leaves out and simplifies whatever it can while the same theorem
 * still breaks. Counted in steps, not in seconds, so that it finds the same on any machine. Gives
 * nothing where the scenario does not fail.
 */
export function shrink(
  scenario: Scenario,
  options: RunOptions,
  limit = shrinkLimit,
): Shrunk | undefined {
  const first = verdictOf(scenario, options);
  if (first.violation === undefined) return undefined;
  let best = { scenario, violation: first.violation };
  let left = limit - first.nodeSteps;
  let runs = 1;
  const take = (candidate: Scenario): boolean => {
    const { violation, nodeSteps } = verdictOf(candidate, options);
    runs += 1;
    left -= nodeSteps + costOfRun;
    if (violation?.theorem !== best.violation.theorem) return false;
    best = { scenario: candidate, violation };
    return true;
  };
  for (let isSmaller = true; isSmaller && left > 0; ) {
    isSmaller = false;
    for (const simpler of simplerOnes) {
      for (let at = 0; left > 0; ) {
        const candidate = simpler(best.scenario, best.violation, at);
        if (candidate === undefined) break;
        if (take(candidate)) isSmaller = true;
        else at += 1;
      }
    }
  }
  return { ...best, runs };
}

/** Building a network is work as well. */
const costOfRun = 1000;
