import type { Input } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import type { Output } from "#core/node/output.ts";
import type { NeighbourPolicy } from "#core/node/policy.ts";
import { type Step, step } from "#core/node/step.ts";

/**
 * What runs at a node: the shipped `step`, or in tests a wrong one that the checkers must catch.
 * Only a test passes another than {@link shipped}.
 */
export interface Defect {
  readonly step: (node: Node, input: Input) => Step;
  /** What the operator is made to want. */
  readonly policy: (policy: NeighbourPolicy) => NeighbourPolicy;
  readonly output: (output: Output) => Output | undefined;
  /** Whether outputs are performed before events are durable: the forbidden order. */
  readonly careless: boolean;
  /** Whether every agent start looks like a new generation of counters. */
  readonly forgetful: boolean;
}

/** The shipped rules. */
export const shipped: Defect = {
  step,
  policy: (policy) => policy,
  output: (output) => output,
  careless: false,
  forgetful: false,
};
