import type { Violation } from "../check/violation.ts";
import type { RunOptions } from "../network/build.ts";
import type { Network } from "../network/network.ts";
import { simulate } from "../network/simulation.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** What a run came to, as far as it failed. */
export interface Verdict {
  /** The first theorem that did not hold, or nothing. */
  readonly violation: Violation | undefined;
  /** What it cost to find out. */
  readonly nodeSteps: number;
}

/** Runs a scenario until something is violated, or to its end. */
export function verdictOf(scenario: Scenario, options: RunOptions): Verdict {
  const net: Network = simulate(scenario, { ...options, stopAtViolation: true });
  return { violation: net.violations[0], nodeSteps: net.nodeSteps };
}
