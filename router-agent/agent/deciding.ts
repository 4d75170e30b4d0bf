import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import type { Output } from "#core/node/output.ts";
import { step } from "#core/node/step.ts";

/** What inputs led to: nothing of it is believed or done before the events are durable. */
export interface Decided {
  readonly node: Node;
  readonly events: readonly LedgerEvent[];
  readonly outputs: readonly Output[];
  /** What was thrown. Each is a fault of this program; the input that led to it changed nothing. */
  readonly faults: readonly string[];
}

/**
 * One input after the other through the core's only door. The core throws at no input; should it
 * do so nevertheless, that input is dropped whole, because no neighbour may stop the agent.
 */
export function decide(begun: Node, inputs: readonly Input[]): Decided {
  let node = begun;
  const events: LedgerEvent[] = [];
  const outputs: Output[] = [];
  const faults: string[] = [];
  for (const input of inputs) {
    try {
      const result = step(node, input);
      node = result.node;
      events.push(...result.events);
      outputs.push(...result.outputs);
    } catch (error) {
      faults.push(`an input of type ${input.type} was dropped: ${String(error)}`);
    }
  }
  return { node, events, outputs, faults };
}
