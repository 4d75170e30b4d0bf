import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input } from "#core/node/input.ts";
import { agreedCommits, type Lockstep, Parted, stepTogether } from "#core/node/lockstep.ts";
import type { Output } from "#core/node/output.ts";

/** What inputs led to: nothing of it is believed or done before the events are durable. */
export interface Decided {
  readonly pair: Lockstep;
  readonly events: readonly LedgerEvent[];
  /** The events as both nodes wrote them, byte by byte the same. */
  readonly commits: readonly Uint8Array[];
  readonly outputs: readonly Output[];
  /** The other node's, to be compared once more before anything is done. */
  readonly twinOutputs: readonly Output[];
  /** What was thrown. Each is a fault of this program; the input that led to it changed nothing. */
  readonly faults: readonly string[];
}

/**
 * One input after the other through the core's only door. The core throws at no input; should it
 * do so nevertheless, that input is dropped whole, because no neighbour may stop the agent.
 * @throws Parted where a bit flipped in what one of the two nodes knows.
 */
export function decide(begun: Lockstep, inputs: readonly Input[]): Decided {
  let pair = begun;
  const events: LedgerEvent[] = [];
  const twinEvents: LedgerEvent[] = [];
  const outputs: Output[] = [];
  const twinOutputs: Output[] = [];
  const faults: string[] = [];
  for (const input of inputs) {
    try {
      const result = stepTogether(pair, input);
      pair = result.pair;
      events.push(...result.events);
      twinEvents.push(...result.twinEvents);
      outputs.push(...result.outputs);
      twinOutputs.push(...result.twinOutputs);
    } catch (error) {
      if (error instanceof Parted) throw error;
      faults.push(`an input of type ${input.type} was dropped: ${String(error)}`);
    }
  }
  const commits = agreedCommits(events, twinEvents, pair.programs);
  return { pair, events, commits, outputs, twinOutputs, faults };
}
