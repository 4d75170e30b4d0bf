import type { Violation } from "../check/violation.ts";
import { optionsOf, type RunChoice } from "../failure/failure-report.ts";
import { simulate } from "../network/simulation.ts";
import { randomScenario } from "./random-scenario.ts";

/** What became of random scenarios, in sums. */
export interface Exploration {
  readonly scenarios: number;
  /** Inputs of nodes. */
  readonly nodeSteps: number;
  readonly falseThrottles: number;
  /** Faults that happened, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Scenarios in which a theorem broke, at most {@link foundLimit}. */
  readonly found: readonly Found[];
}

/** A seed whose scenario breaks a theorem. */
export interface Found {
  readonly seed: number;
  readonly violation: Violation;
}

/** Beyond so many failures more of them tell nothing new. */
export const foundLimit = 20;

/** Nothing has been explored. */
export const unexplored: Exploration = {
  scenarios: 0,
  nodeSteps: 0,
  falseThrottles: 0,
  faults: {},
  found: [],
};

/** Runs the random scenario of a seed. */
export function explore(choice: RunChoice): Exploration {
  const net = simulate(randomScenario(choice.seed), optionsOf(choice));
  const faults: Record<string, number> = {};
  for (const { kind } of net.injected) faults[kind] = (faults[kind] ?? 0) + 1;
  const [violation] = net.violations;
  return {
    scenarios: 1,
    nodeSteps: net.nodeSteps,
    falseThrottles: net.falseThrottles,
    faults,
    found: violation === undefined ? [] : [{ seed: choice.seed, violation }],
  };
}

/** Both together. */
export function together(a: Exploration, b: Exploration): Exploration {
  const faults: Record<string, number> = { ...a.faults };
  for (const [kind, count] of Object.entries(b.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  return {
    scenarios: a.scenarios + b.scenarios,
    nodeSteps: a.nodeSteps + b.nodeSteps,
    falseThrottles: a.falseThrottles + b.falseThrottles,
    faults,
    found: [...a.found, ...b.found].slice(0, foundLimit),
  };
}
