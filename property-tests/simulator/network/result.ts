import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "#core/identity/hexadecimal.ts";
import { booksAtEnd, usedWays } from "../check/end-check.ts";
import type { Violation } from "../check/violation.ts";
import { type MarketResult, marketResult } from "./market-result.ts";
import { across, type InjectedFault, linkAt, type Network, nodeAt } from "./network.ts";
import { type Routes, routesTo } from "./route-table.ts";

/** Up to so many nodes all routes are told; beyond, those to destinations of flows. */
const allRoutesLimit = 100;

/** What a run came to. Bytes and money are decimal strings. */
export interface Result {
  /** Per pair of neighbours, over all price classes. */
  readonly hops: readonly HopResult[];
  readonly routes: readonly RouteResult[];
  readonly falseThrottles: number;
  readonly violations: readonly Violation[];
  /** Virtual time. */
  readonly steps: number;
  /** The same file and seed: the same digest, on any machine. */
  readonly digest: string;
  readonly seed: number;
  /** Inputs that all nodes took together. */
  readonly nodeSteps: number;
  readonly flows: readonly FlowResult[];
  readonly faults: readonly InjectedFault[];
  readonly earnings: readonly EarningResult[];
  /** Where the scenario has a market. */
  readonly market?: MarketResult;
}

/** What one neighbour paid another, and for what. */
export interface HopResult {
  readonly payer: string;
  readonly payee: string;
  /** Bytes sent and received as paid. */
  readonly sent: string;
  readonly received: string;
  /** F at the payer's position, and at the payee's, grains. */
  readonly owed: string;
  readonly expected: string;
  readonly signed: string;
  readonly credited: string;
  /** Signed for positions that no byte was sent on (T8). */
  readonly overpaid: string;
  /** Bytes that were to go as paid and rode the free class. */
  readonly throttledBytes: string;
}

/** What a node pays its next hop for a byte to a destination. */
export interface RouteResult {
  readonly from: string;
  readonly to: string;
  readonly via: string;
  readonly price: string;
}

/** What became of a flow, in bytes. */
export interface FlowResult {
  readonly from: string;
  readonly to: string;
  readonly bytes: string;
  readonly arrived: string;
  /** Of these, so many rode the free class for a part of the way. */
  readonly arrivedFree: string;
  readonly lost: string;
  /** The step in which the last byte arrived, or null. */
  readonly doneAt: number | null;
}

/** Who earns what: grains credited, less grains signed. */
export interface EarningResult {
  readonly node: string;
  readonly credited: string;
  readonly signed: string;
  readonly net: string;
}

/** The result of a run that has ended. */
export function resultOf(net: Network, seed: number): Result {
  const hops = hopResults(net);
  const bare = {
    hops,
    routes: routeResults(net),
    falseThrottles: net.falseThrottles,
    violations: net.violations,
    steps: net.now,
    seed,
    nodeSteps: net.nodeSteps,
    flows: net.flows.map(
      (flow): FlowResult => ({
        from: nodeAt(net, flow.from).id,
        to: nodeAt(net, flow.to).id,
        bytes: String(flow.bytes),
        arrived: String(flow.arrived),
        arrivedFree: String(flow.arrivedFree),
        lost: String(flow.lost),
        doneAt: flow.doneAt ?? null,
      }),
    ),
    faults: net.injected,
    earnings: earningResults(net, hops),
    ...(net.scenario.market === undefined ? {} : { market: marketResult(net) }),
  };
  const text = JSON.stringify([net.trace, bare]);
  const digest = toHex(sha256(new TextEncoder().encode(text)));
  const { falseThrottles, violations, steps, ...more } = bare;
  const { routes } = bare;
  return { ...more, hops, routes, falseThrottles, violations, steps, digest };
}

function hopResults(net: Network): readonly HopResult[] {
  const names = ["sent", "received", "owed", "expected", "signed", "credited", "overpaid"] as const;
  type Sums = Record<(typeof names)[number] | "throttled", bigint>;
  const sums = new Map<string, { payer: number; payee: number; all: Sums }>();
  for (const way of usedWays(net)) {
    const key = `${way.payer} ${way.payee}`;
    const zero: Sums = {
      sent: 0n,
      received: 0n,
      owed: 0n,
      expected: 0n,
      signed: 0n,
      credited: 0n,
      overpaid: 0n,
      throttled: 0n,
    };
    const { all } = sums.get(key) ?? { all: zero };
    const one = { ...way, ...booksAtEnd(net, way) };
    for (const name of names) all[name] += one[name];
    all.throttled += way.throttled;
    sums.set(key, { payer: way.payer, payee: way.payee, all });
  }
  return [...sums.values()]
    .toSorted((a, b) => a.payer - b.payer || a.payee - b.payee)
    .map(({ payer, payee, all }) => ({
      payer: nodeAt(net, payer).id,
      payee: nodeAt(net, payee).id,
      sent: String(all.sent),
      received: String(all.received),
      owed: String(all.owed),
      expected: String(all.expected),
      signed: String(all.signed),
      credited: String(all.credited),
      overpaid: String(all.overpaid),
      throttledBytes: String(all.throttled),
    }));
}

function routeResults(net: Network): readonly RouteResult[] {
  const few = net.nodes.length <= allRoutesLimit;
  const destinations = few ? net.nodes.map(({ index }) => index) : net.destinations;
  return destinations
    .flatMap((to) => {
      const routes = routesTo(net, to, true);
      return net.nodes.flatMap(({ index: from }) => routeResult(net, routes, from, to));
    })
    .toSorted((a, b) => a.order - b.order)
    .map(({ order: _, ...route }) => route);
}

function routeResult(net: Network, routes: Routes, from: number, to: number) {
  const index = routes.link[from] ?? -1;
  if (from === to || index < 0) return [];
  const link = linkAt(net, index);
  const side = (routes.side[from] ?? 0) as 0 | 1;
  const via = nodeAt(net, link.nodes[across(side)]).id;
  const price = String(routes.price[from] ?? 0n);
  const order = from * net.nodes.length + to;
  return [{ order, from: nodeAt(net, from).id, to: nodeAt(net, to).id, via, price }];
}

function earningResults(net: Network, hops: readonly HopResult[]): readonly EarningResult[] {
  const sums = new Map<string, { credited: bigint; signed: bigint }>();
  const of = (id: string) => {
    const known = sums.get(id) ?? { credited: 0n, signed: 0n };
    sums.set(id, known);
    return known;
  };
  for (const hop of hops) {
    of(hop.payee).credited += BigInt(hop.credited);
    of(hop.payer).signed += BigInt(hop.signed);
  }
  return net.nodes.flatMap(({ id }) => {
    const found = sums.get(id);
    if (found === undefined) return [];
    const { credited, signed } = found;
    return [
      {
        node: id,
        credited: String(credited),
        signed: String(signed),
        net: String(credited - signed),
      },
    ];
  });
}
