import type { Pricing } from "#core/node/policy.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";
import { boundsOf, classLimit } from "./charge.ts";
import { across, type End, type Network, nodeAt, type SimNode } from "./network.ts";
import type { Routes } from "./route-table.ts";

/** Sells nothing: an upstream that nobody has. */
const nobody: NodeId = nodeId(`02${"0".repeat(64)}`);

const nothing: Pricing = { kind: "resale", via: nobody, fee: 0n as Price };

/** Which hops carry flows, and on which class: by link * 2 + sending side, then by destination. */
export type Hops = ReadonlyMap<number, ReadonlyMap<number, HopClass>>;

/** The class of a destination on a hop; 0 where the next hop charges nothing. */
interface HopClass {
  readonly class: number;
  readonly price: bigint;
}

/** The hop on which a node sends to a destination. */
export function hopKey(routes: Routes, node: number): number | undefined {
  const link = routes.link[node] ?? -1;
  return link < 0 ? undefined : link * 2 + (routes.side[node] ?? 0);
}

/**
 * Every hop that lies on the way of a flow. Up to seven destinations have a class each, the same
 * along the whole way, so that forwarders sell what they hold (T12); with more of them a class is a
 * price on a hop, and prices beyond the seventh share the next dearer class.
 */
export function hopsOf(net: Network): Hops {
  const prices = new Map<number, Map<number, bigint>>();
  for (const flow of net.flows) {
    if (flow.doneAt !== undefined) continue;
    const routes = net.routes.paid[flow.destination];
    let at = flow.from;
    while (routes !== undefined && at !== flow.to) {
      const key = hopKey(routes, at);
      if (key === undefined) break;
      const onHop = prices.get(key) ?? new Map<number, bigint>();
      if (onHop.has(flow.destination)) break;
      prices.set(key, onHop.set(flow.destination, routes.price[at] ?? 0n));
      at = otherEnd(net, key);
    }
  }
  const own = net.destinations.length <= classLimit;
  return new Map(
    [...prices].map(([key, onHop]) => [key, own ? classesByDestination(onHop) : ranked(onHop)]),
  );
}

function otherEnd(net: Network, key: number): number {
  const link = net.links[key >> 1];
  if (link === undefined) throw new Error(`no link ${key >> 1}`);
  return link.nodes[across((key & 1) as 0 | 1)];
}

function classesByDestination(onHop: ReadonlyMap<number, bigint>): Map<number, HopClass> {
  return new Map(
    [...onHop].map(([destination, price]) => [
      destination,
      { class: price === 0n ? 0 : destination + 1, price },
    ]),
  );
}

function ranked(onHop: ReadonlyMap<number, bigint>): Map<number, HopClass> {
  const distinct = [...new Set([...onHop.values()].filter((price) => price > 0n))].toSorted(
    (a, b) => (a < b ? -1 : 1),
  );
  const shared = Math.max(0, distinct.length - classLimit);
  const tiers = distinct.slice(shared);
  return new Map(
    [...onHop].map(([destination, price]) => {
      if (price === 0n) return [destination, { class: 0, price }];
      const tier = tiers.findIndex((dearer) => dearer >= price);
      return [destination, { class: tier + 1, price: tiers[tier] ?? price }];
    }),
  );
}

/** What a node sells to the neighbour at one of its ends, class 1 first. */
export function offersTo(net: Network, hops: Hops, node: SimNode, end: End): readonly Pricing[] {
  const offers: Pricing[] = Array.from({ length: net.classes }, () => nothing);
  if (end.retired) return offers;
  for (const destination of node.seats.keys()) {
    offers[destination] = unsold(net, node, destination);
  }
  const onHop = hops.get(end.link * 2 + across(end.side));
  if (onHop === undefined) return offers;
  for (const [destination, hop] of onHop) {
    if (hop.class === 0) continue;
    offers[hop.class - 1] = pricingOf(net, node, destination, hop);
  }
  return offers;
}

/** Nothing more, but what was leased before stays covered by what is held (T12). */
function unsold(net: Network, node: SimNode, destination: number): Pricing {
  const routes = net.routes.paid[destination];
  const key = routes === undefined ? undefined : hopKey(routes, node.index);
  if (key === undefined) return nothing;
  const via = nodeAt(net, otherEnd(net, key)).signer.id;
  return { kind: "resale", via, fee: node.price as Price, most: 1n as Price };
}

function pricingOf(net: Network, node: SimNode, destination: number, hop: HopClass): Pricing {
  const fixed: Pricing = { kind: "fixed", price: hop.price as Price };
  if (net.destinations.length > classLimit) return fixed;
  const routes = net.routes.paid[destination];
  const key = routes === undefined ? undefined : hopKey(routes, node.index);
  if (key === undefined || (routes?.price[node.index] ?? 0n) === 0n) return fixed;
  const via = nodeAt(net, otherEnd(net, key)).signer.id;
  const seat = node.seats[destination];
  if (seat === undefined) return { kind: "resale", via, fee: node.price as Price };
  return { kind: "resale", via, fee: node.price as Price, ...boundsOf(net, seat) };
}

/** Whether two price lists are the same. */
export function sameOffers(a: readonly Pricing[], b: readonly Pricing[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      if (one.kind === "fixed") return other?.kind === "fixed" && one.price === other.price;
      if (one.kind === "withheld" || other?.kind !== "resale") return one.kind === other?.kind;
      return (
        one.via === other.via &&
        one.fee === other.fee &&
        one.least === other.least &&
        one.most === other.most
      );
    })
  );
}
