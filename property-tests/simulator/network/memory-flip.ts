import type { LedgerEvent } from "#core/journal/event.ts";
import { evolve } from "#core/journal/ledger.ts";
import { copyOf } from "#core/node/copy.ts";
import type { Input } from "#core/node/input.ts";
import {
  agreedCommits,
  type Lockstep,
  lockstep,
  Parted,
  stepTogether,
} from "#core/node/lockstep.ts";
import type { Node } from "#core/node/node.ts";
import { program } from "#core/node/program.ts";
import type { Step } from "#core/node/step.ts";
import { flip, leavesOf } from "../flipped-state.ts";
import { agentVersions } from "./agent-version.ts";
import type { Network, SimNode } from "./network.ts";

/**
 * One bit of an agent's memory flips. Agents take every step twice, by two nodes that share no
 * memory (decision 18); a simulation does so from the moment on in which it matters.
 */
export function flipMemory(net: Network, node: SimNode): void {
  // Lockstep is of this commit's core.
  if (node.flipped !== undefined || node.agent !== agentVersions.new) return;
  const { ledger, live, tunnelKey } = node.core;
  const made = { ...program, signedBy: node.holds };
  const pair = lockstep(node.signer, ledger, ledger, { first: made, second: made });
  const remembering = (one: Node): Node => ({
    ...one,
    live: copyOf(live),
    tunnelKey: copyOf(tunnelKey),
  });
  const flipped: Lockstep = { ...pair, node: remembering(pair.node), twin: remembering(pair.twin) };
  const leaves = leavesOf(flipped.node.ledger, flipped.node.live);
  const leaf = leaves[net.chance.fault.below(Math.max(1, leaves.length))];
  if (leaf === undefined) return;
  flip(leaf, net.chance.fault.below(64));
  node.flipped = { pair: flipped, durable: ledger };
}

/** One step of an agent with a wrong bit: what both nodes agree on, or nothing once they part. */
export function stepFlipped(node: SimNode, input: Input): Step | undefined {
  const { flipped } = node;
  if (flipped === undefined) return undefined;
  try {
    const done = stepTogether(flipped.pair, input);
    agreedCommits(done.events, done.twinEvents, done.pair.programs);
    const durable = done.events.reduce<typeof flipped.durable>(
      (ledger, event: LedgerEvent) => evolve(ledger, event),
      flipped.durable,
    );
    node.flipped = { pair: done.pair, durable };
    return done;
  } catch (error) {
    // A flip may also make a step fail: the shell takes both for the same, and starts again.
    if (!(error instanceof Parted || error instanceof Error)) throw error;
    return undefined;
  }
}
