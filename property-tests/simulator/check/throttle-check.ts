import { across, isHonest, type Network, nodeAt, type SimLink } from "../network/network.ts";
import { note } from "./violating.ts";

/** Somebody was throttled. If both are honest, that must never be (T6). */
export function noteThrottle(net: Network, link: SimLink, by: 0 | 1): void {
  const payee = nodeAt(net, link.nodes[by]);
  const payer = nodeAt(net, link.nodes[across(by)]);
  net.story.tell(net.now, payee.id, `throttles ${payer.id}`);
  if (!isHonest(payee) || !isHonest(payer)) return;
  if (link.ways[across(by)].some(({ forgotten }) => forgotten)) return;
  net.falseThrottles += 1;
  note(net, "no false throttle", payer.id, payee.id, "an honest node throttled an honest one");
}
