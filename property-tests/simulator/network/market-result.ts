import { resaleOf } from "../check/intermediary-check.ts";
import { chargeOf, type PriceChange } from "./charge.ts";
import type { Network, SimNode } from "./network.ts";
import { routesTo } from "./route-table.ts";

/** What a market came to. Bytes and grains are decimal strings. */
export interface MarketResult {
  /** Forwarders, nearest to the destination first. */
  readonly sellers: readonly SellerResult[];
  /** What is forwarded earned, on average over the sellers of each distance. */
  readonly byDistance: readonly DistanceResult[];
  /** The last change of any price: when it was, and what had been said and carried until then. */
  readonly settled: { readonly step: number; readonly messages: number; readonly bytes: string };
  readonly messages: number;
  readonly changes: number;
  readonly mostChanges: number;
  /** The least that any forwarder ever had beyond what T12 promises, where it is claimed; or null. */
  readonly leastSlack: string | null;
  /** The least that any forwarder has left over: earned, less what it paid for. */
  readonly leastGain: string;
  /** Sellers whose next hop ever changed. */
  readonly moved: number;
  /** Sellers that can sell nothing within their wishes at the end. */
  readonly withheld: number;
}

/** One forwarder at the end of a run. */
export interface SellerResult {
  readonly node: string;
  /** Hops to the destination. */
  readonly distance: number;
  /** Asked for a byte, or null where nothing can be sold; and what upstream and fee come to at least. */
  readonly price: string | null;
  readonly least: string;
  readonly upstream: string;
  readonly forwarded: string;
  readonly earned: string;
  readonly paid: string;
  readonly gain: string;
  readonly changes: number;
  readonly why: string;
}

/** Sellers of one distance. */
export interface DistanceResult {
  readonly distance: number;
  readonly sellers: number;
  /** On average, grains. */
  readonly price: string;
  readonly earned: string;
  readonly gain: string;
}

/** The market of a run that has ended. */
export function marketResult(net: Network): MarketResult {
  const sellers = net.destinations
    .flatMap((to, destination) => sellersTo(net, to, destination))
    .toSorted((a, b) => a.distance - b.distance || (a.node < b.node ? -1 : 1));
  const changes = net.nodes.flatMap(({ seats }) => seats.flatMap((seat) => seat.changes));
  const last = changes.reduce<PriceChange | undefined>(
    (latest, one) => (latest === undefined || one.step >= latest.step ? one : latest),
    undefined,
  );
  return {
    sellers,
    byDistance: byDistance(sellers),
    settled: {
      step: last?.step ?? 0,
      messages: last?.messages ?? 0,
      bytes: String(last?.bytes ?? 0n),
    },
    messages: net.said,
    changes: changes.length,
    mostChanges: sellers.reduce((most, one) => Math.max(most, one.changes), 0),
    leastSlack: net.leastSlack === undefined ? null : String(net.leastSlack),
    leastGain: String(sellers.reduce((least, { gain }) => lesser(least, BigInt(gain)), 0n)),
    moved: net.nodes.filter(({ seats }) => seats.some(({ left }) => left.length > 0)).length,
    withheld: sellers.filter(({ price }) => price === null).length,
  };
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function sellersTo(net: Network, to: number, destination: number): readonly SellerResult[] {
  // Distances as the network lies, whoever charges what.
  const routes = routesTo(net, to, false);
  return net.nodes.flatMap((node): readonly SellerResult[] => {
    const seat = node.seats[destination];
    const distance = routes.hops[node.index] ?? -1;
    if (seat === undefined || distance < 0) return [];
    const upstream = net.routes.paid[destination]?.price[node.index] ?? 0n;
    const charged = chargeOf(net, node, destination, upstream);
    const price = charged === undefined ? null : String(charged);
    const books = booksOf(net, node, destination);
    return [
      {
        node: node.id,
        distance,
        price,
        least: String(seat.asking?.least ?? 0n),
        upstream: String(upstream),
        ...books,
        changes: seat.changes.length,
        why: seat.asking?.movement ?? "nobody was asked",
      },
    ];
  });
}

function booksOf(net: Network, node: SimNode, destination: number) {
  const books = resaleOf(net, node, destination + 1);
  const earned = books?.earned ?? earnedOf(net, node, destination + 1);
  const paid = books?.paid ?? 0n;
  return {
    forwarded: String(node.sentOn[destination] ?? 0n),
    earned: String(earned),
    paid: String(paid),
    gain: String(earned - paid),
  };
}

/** What a node was credited that pays nobody: the last one before the destination. */
function earnedOf(net: Network, node: SimNode, paidClass: number): bigint {
  return net.links.reduce((all, { ways }) => {
    const here = ways.map((side) => side[paidClass - 1]).filter((way) => way?.payee === node.index);
    return here.reduce((sum, way) => sum + (way?.bestCredited ?? 0n), all);
  }, 0n);
}

function byDistance(sellers: readonly SellerResult[]): readonly DistanceResult[] {
  const distances = [...new Set(sellers.map(({ distance }) => distance))];
  return distances.map((distance) => {
    const here = sellers.filter((one) => one.distance === distance);
    const count = BigInt(here.length);
    const mean = (of: (one: SellerResult) => string) =>
      String(here.reduce((sum, one) => sum + BigInt(of(one)), 0n) / count);
    return {
      distance,
      sellers: here.length,
      price: mean(({ price }) => price ?? "0"),
      earned: mean(({ earned }) => earned),
      gain: mean(({ gain }) => gain),
    };
  });
}
