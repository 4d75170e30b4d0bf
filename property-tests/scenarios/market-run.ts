import { chargeOf } from "../simulator/network/charge.ts";
import type { MarketResult } from "../simulator/network/market-result.ts";
import type { Network } from "../simulator/network/network.ts";
import { type Result, resultOf } from "../simulator/network/result.ts";
import { routesTo } from "../simulator/network/route-table.ts";
import { simulate } from "../simulator/network/simulation.ts";
import type { Scenario } from "../simulator/scenario/scenario.ts";
import type { MarketPicture, PriceLine } from "./market-plot.ts";

/** A market that was run: what it came to, and how it looks. */
export interface MarketRun {
  readonly result: Result;
  readonly market: MarketResult;
  readonly picture: MarketPicture;
}

/** Samples of prices in a run. */
const samples = 200;

/** Runs a scenario with a market. @throws Error for one without. */
export function runMarket(title: string, scenario: Scenario): MarketRun {
  const { market: wanted } = scenario;
  if (wanted === undefined) throw new Error(`${title} has no market`);
  const every = Math.max(1, Math.floor(wanted.steps / samples));
  const taken: (readonly (number | undefined)[])[] = [];
  const net = simulate(scenario, {}, (now) => {
    if (now.now <= wanted.steps && now.now % every === 0) taken.push(pricesNow(now));
  });
  const result = resultOf(net, scenario.seed);
  const { market } = result;
  if (market === undefined) throw new Error(`${title} has no market`);
  const gains = market.byDistance.map(({ distance, gain }) => ({
    distance,
    gain: Number(BigInt(gain) / 1_000_000n),
  }));
  const picture = { title, steps: wanted.steps, lines: linesOf(net, taken), gains };
  return { result, market, picture };
}

/** What each node would charge for the first destination now. */
function pricesNow(net: Network): readonly (number | undefined)[] {
  const routes = net.routes.paid[0];
  return net.nodes.map((node) => {
    if (node.seats.length === 0) return undefined;
    const price = chargeOf(net, node, 0, routes?.price[node.index] ?? 0n);
    return price === undefined ? undefined : Number(price);
  });
}

/** The mean of all sellers at a distance. */
function linesOf(
  net: Network,
  taken: readonly (readonly (number | undefined)[])[],
): readonly PriceLine[] {
  const { hops } = routesTo(net, net.destinations[0] ?? 0, false);
  const sellers = net.nodes.filter(({ seats }) => seats.length > 0).map(({ index }) => index);
  const distances = [...new Set(sellers.map((one) => hops[one] ?? 0))].toSorted((a, b) => a - b);
  return distances.map((distance) => {
    const here = sellers.filter((one) => hops[one] === distance);
    const prices = taken.map((sample) => {
      const found = here.flatMap((one) => sample[one] ?? []);
      if (found.length === 0) return undefined;
      return found.reduce((sum, price) => sum + price, 0) / found.length;
    });
    return { distance, prices };
  });
}
