import { isUp, linkAt, type Network, nodeAt } from "./network.ts";
import { feed } from "./shell.ts";

/** Everything arrives that is due now. */
export function deliver(net: Network): void {
  const due = net.air.get(net.now);
  if (due === undefined) return;
  net.air.delete(net.now);
  net.datagrams -= due.length;
  for (const { link: index, to, bytes } of due) {
    const link = linkAt(net, index);
    if (!isUp(net, link)) continue;
    const node = nodeAt(net, link.nodes[to]);
    feed(net, node, { type: "Datagram", neighbour: link.numbers[to], bytes });
  }
}
