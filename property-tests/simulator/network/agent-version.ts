import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { wake } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
// biome-ignore lint/correctness/useImportExtensions: a bundle, with its types beside it
import * as earlier from "../releases/core-1.mjs";
import type { AgentAge } from "../scenario/scenario.ts";

/** The core that a node runs: all that a shell needs of it. */
export interface AgentVersion {
  readonly step: typeof step;
  readonly wake: typeof wake;
  readonly emptyLedger: typeof emptyLedger;
  readonly evolve: typeof evolve;
}

/** The core of this commit, and one that nobody has updated. */
export const agentVersions: Readonly<Record<AgentAge, AgentVersion>> = {
  new: { step, wake, emptyLedger, evolve },
  old: earlier,
};
