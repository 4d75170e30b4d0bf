import { chargeOf } from "./charge.ts";
import { across, isUp, type Network, type SimNode } from "./network.ts";

/** How to get to one destination: by node number. */
export interface Routes {
  /** The link to the next hop, or -1 where there is none. */
  readonly link: Int32Array;
  /** The side of that link on which the node stands. */
  readonly side: Uint8Array;
  /** What the next hop charges for the destination, grains a byte. */
  readonly price: readonly bigint[];
  /** Hops to the destination. */
  readonly hops: Int32Array;
}

/** Routes to all destinations of flows. */
export interface RouteTable {
  /** Within every node's highest price. */
  readonly paid: readonly Routes[];
  /** Whatever it costs: for bytes that ride the free class. */
  readonly free: readonly Routes[];
}

/** All routes, as links and prices stand now. */
export function routeTable(net: Network): RouteTable {
  const paid = net.destinations.map((destination) => routesTo(net, destination, true));
  const capped = net.nodes.some(({ scenario }) => scenario.maxPrice < 1n << 60n);
  const free = capped
    ? net.destinations.map((destination) => routesTo(net, destination, false))
    : paid;
  return { paid, free };
}

/** What is known of a route while routes are looked for. */
interface Candidate {
  readonly node: number;
  readonly price: bigint;
  readonly hops: number;
}

/**
 * The cheapest routes to one destination: the price of a neighbour is its own fee plus the price of
 * its next hop, and the destination forwards nothing. Of equal prices the fewer hops count, then
 * the earlier link of the file.
 */
export function routesTo(net: Network, destination: number, capped: boolean): Routes {
  const number = net.destinations.indexOf(destination);
  const size = net.nodes.length;
  const link = new Int32Array(size).fill(-1);
  const side = new Uint8Array(size);
  const hops = new Int32Array(size).fill(-1);
  const price: bigint[] = new Array(size).fill(0n);
  const done = new Uint8Array(size);
  const heap: Candidate[] = [];
  push(heap, { node: destination, price: 0n, hops: 0 });
  hops[destination] = 0;
  for (let best = pop(heap); best !== undefined; best = pop(heap)) {
    if (done[best.node] === 1) continue;
    done[best.node] = 1;
    const node = net.nodes[best.node] as SimNode;
    const asked = best.node === destination ? 0n : chargeOf(net, node, number, best.price);
    if (asked === undefined && capped) continue; // it sells nothing now
    const charged = asked ?? node.price + best.price;
    for (const end of node.ends) {
      const over = net.links[end.link];
      if (over === undefined || end.retired || !isUp(net, over)) continue;
      const other = over.nodes[across(end.side)];
      const cap = net.nodes[other]?.scenario.maxPrice ?? 0n;
      if (done[other] === 1 || (capped && charged > cap)) continue;
      const further = best.hops + 1;
      const known = hops[other] ?? -1;
      const before = price[other] ?? 0n;
      const sameSoFar = known >= 0 && charged === before && further === known;
      const better =
        known < 0 ||
        charged < before ||
        (charged === before && further < known) ||
        (sameSoFar && end.link < (link[other] ?? 0));
      if (!better) continue;
      link[other] = end.link;
      side[other] = across(end.side);
      hops[other] = further;
      price[other] = charged;
      if (!sameSoFar) push(heap, { node: other, price: charged, hops: further });
    }
  }
  const routes: Routes = { link, side, price, hops };
  if (capped) preferQuality(net, destination, routes);
  return routes;
}

/**
 * Nodes that prefer quality take the neighbour whose way loses least, among those that are nearer
 * to the destination in the order of prices: so nothing goes in circles. Prices of those before
 * them follow.
 */
function preferQuality(net: Network, destination: number, routes: Routes): void {
  if (net.nodes.every(({ scenario }) => scenario.preference === "price")) return;
  const order = net.nodes
    .filter(({ index }) => index !== destination && (routes.hops[index] ?? -1) >= 0)
    .toSorted((a, b) => compare(routes, a.index, b.index));
  const rank = new Map(order.map(({ index }, i) => [index, i]));
  const kept: number[] = new Array(net.nodes.length).fill(1);
  const number = net.destinations.indexOf(destination);
  const charge = (index: number): bigint =>
    index === destination
      ? 0n
      : (chargeOf(net, net.nodes[index] as SimNode, number, routes.price[index] ?? 0n) ??
        1n << 64n);
  for (const node of order) {
    const mine = rank.get(node.index) ?? 0;
    const choices = node.ends.flatMap((end) => {
      const link = net.links[end.link];
      if (link === undefined || end.retired || !isUp(net, link)) return [];
      const other = link.nodes[across(end.side)];
      const nearer = other === destination || (rank.get(other) ?? order.length) < mine;
      if (!nearer || charge(other) > node.scenario.maxPrice) return [];
      const quality = (kept[other] ?? 0) * (1 - link.loss / 1e9);
      return [{ end, other, quality, price: charge(other) }];
    });
    const own = choices.find(({ end }) => end.link === routes.link[node.index]);
    const best =
      node.scenario.preference === "quality"
        ? choices.toSorted((a, b) => b.quality - a.quality || (a.price < b.price ? -1 : 1))[0]
        : (own ?? choices[0]);
    if (best === undefined) continue;
    routes.link[node.index] = best.end.link;
    routes.side[node.index] = best.end.side;
    (routes.price as bigint[])[node.index] = best.price;
    kept[node.index] = best.quality;
  }
}

function compare(routes: Routes, a: number, b: number): number {
  const [priceA, priceB] = [routes.price[a] ?? 0n, routes.price[b] ?? 0n];
  if (priceA !== priceB) return priceA < priceB ? -1 : 1;
  return (routes.hops[a] ?? 0) - (routes.hops[b] ?? 0) || a - b;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.price !== b.price) return a.price < b.price;
  return a.hops !== b.hops ? a.hops < b.hops : a.node < b.node;
}

function push(heap: Candidate[], one: Candidate): void {
  let at = heap.length;
  heap.push(one);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Candidate;
    if (!isBefore(one, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = one;
}

function pop(heap: Candidate[]): Candidate | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    const right = heap[below + 1];
    if (right !== undefined && isBefore(right, heap[below] as Candidate)) below += 1;
    if (!isBefore(heap[below] as Candidate, last)) break;
    heap[at] = heap[below] as Candidate;
    at = below;
  }
  heap[at] = last;
  return first;
}
