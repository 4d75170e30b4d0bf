import {
  across,
  isHonest,
  linkAt,
  type Network,
  nodeAt,
  type SimNode,
} from "../network/network.ts";
import { note } from "./violating.ts";

/** An agent raised an alarm about a neighbour: no honest one is ever accused (T6, T23). */
export function noteAlarm(net: Network, node: SimNode, neighbour: number, words: string): void {
  node.alarms += 1;
  net.story.tell(net.now, node.id, `alarm: ${words}`);
  const end = node.ends[neighbour];
  if (end === undefined || end.retired) return;
  const { nodes, ways } = linkAt(net, end.link);
  if (ways.flat().some(({ forgotten }) => forgotten)) return;
  const other = nodeAt(net, nodes[across(end.side)]);
  if (isHonest(node) && isHonest(other)) note(net, "no false alarm", node.id, other.id, words);
}

/** The door of the core is total: bad input is refused, never thrown. */
export function noteThrown(net: Network, node: SimNode, input: string, error: unknown): void {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  note(net, "no throw", node.id, "", `on ${input}: ${words}`);
}
