import { leave } from "./charge.ts";
import { across, linkAt, type Network, nodeAt } from "./network.ts";
import { hopKey, hopsOf, offersTo, sameOffers } from "./offers.ts";
import { routeTable } from "./route-table.ts";
import { configured, feed } from "./shell.ts";
import { stir } from "./traffic.ts";

/** Prices or links changed: routes are chosen anew, and agents learn what their nodes sell now. */
export function reroute(net: Network): void {
  const before = net.hops;
  plan(net);
  for (const node of net.nodes) {
    if (!renewOffers(net, node.index)) continue;
    feed(net, node, configured(net, node, false));
  }
  for (const [key, onHop] of net.hops) {
    const link = linkAt(net, key >> 1);
    const side = (key & 1) as 0 | 1;
    for (const [destination, hop] of onHop) {
      const known = before.get(key)?.get(destination)?.class === hop.class;
      if (hop.class === 0 || known) continue;
      stir(net, link, side, hop.class);
      stir(net, link, across(side), hop.class);
    }
  }
}

/** Routes, and the hops that flows take, as prices and links stand. */
export function plan(net: Network): void {
  const before = net.routes.paid;
  net.routes = routeTable(net);
  net.routes.paid.forEach(({ link, price, hops }, destination) => {
    const former = before[destination];
    const known = former?.link ?? link;
    for (const node of net.nodes) {
      const { index, uncovered } = node;
      const isFree = price[index] === 0n && (hops[index] ?? 0) > 1;
      const isMoved = link[index] !== known[index];
      const seat = node.seats[destination];
      if (isFree || (isMoved && seat === undefined)) uncovered.add(destination + 1);
      const left = isMoved && former !== undefined ? hopKey(former, index) : undefined;
      if (seat !== undefined && left !== undefined) leave(seat, left);
    }
  });
  net.hops = hopsOf(net);
}

/** What a node sells at each of its ends, as routes stand. Says whether anything changed. */
export function renewOffers(net: Network, index: number): boolean {
  const node = nodeAt(net, index);
  let changed = false;
  for (const end of node.ends) {
    const offers = offersTo(net, net.hops, node, end);
    if (sameOffers(end.offers, offers)) continue;
    end.offers = offers;
    changed = true;
  }
  return changed;
}
