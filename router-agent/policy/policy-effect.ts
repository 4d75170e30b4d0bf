import type { Config, DiscoveryConfig, NeighbourConfig } from "#agent/config/config.ts";
import { crossChecks } from "#agent/config/cross-checks.ts";
import type { NetworkPolicy } from "#core/enforcement/network-policy.ts";
import { type Price, price } from "#core/units/price.ts";

/**
 * The configuration with what an accepted policy says where the operator's leaves it open: the free rate,
 * prices that are not written, strangers that are exits. Without a policy what it was before one. A price
 * that the operator's own bounds do not allow is not taken. Nothing else of a policy changes anything.
 */
export function withPolicy(config: Config, policy: NetworkPolicy | undefined): Config {
  const free = policy?.freeRate ?? config.rates.free;
  const rated = { ...config, rates: { ...config.rates, free } };
  const exits = policy === undefined || !asksForExits(config) ? [] : policy.exits;
  const named = { ...rated, discovery: { ...rated.discovery, exits } };
  const priced = withPrices(named, policy?.prices ?? []);
  return suggestionFault(named, policy) === undefined ? priced : withPrices(named, []);
}

/** What of an accepted policy has no effect here and why; nothing where all has that is left open. */
export function policyNotice(
  config: Config,
  policy: NetworkPolicy | undefined,
): string | undefined {
  const fault = suggestionFault(config, policy);
  return fault && `its prices are not taken: ${fault}`;
}

/** Whether this node looks for exits and says nothing itself about who they are. */
function asksForExits({ discovery, exits }: Config): boolean {
  return discovery.open.delivery && exits.routes.length > 0;
}

function suggestionFault(config: Config, policy: NetworkPolicy | undefined): string | undefined {
  if (policy === undefined || policy.prices.length === 0) return undefined;
  const cap = config.terms.priceCap;
  const dear = policy.prices.find((one) => one > cap);
  if (dear !== undefined) return `${dear} grains a byte, and price_cap allows ${cap}`;
  const [finding] = crossChecks(withPrices(config, policy.prices));
  return finding && `${finding.path} would be ${finding.found}, allowed is ${finding.allowed}`;
}

function withPrices(config: Config, prices: readonly bigint[]): Config {
  const { suggested: _, ...market } = config.market;
  const [first] = prices;
  return {
    ...config,
    market: first === undefined ? market : { ...market, suggested: price(first) },
    discovery: strangersPriced(config.discovery, prices),
    neighbours: config.neighbours.map((one) => priced(one, prices)),
  };
}

function strangersPriced(discovery: DiscoveryConfig, [first]: readonly bigint[]): DiscoveryConfig {
  const { open, delivery } = discovery;
  if (open.price === undefined) return discovery;
  const now = first === undefined ? open.price : price(first);
  const carried = delivery?.open === true ? { ...delivery, tariff: now } : delivery;
  return { ...discovery, price: now, delivery: carried };
}

function priced(neighbour: NeighbourConfig, prices: readonly bigint[]): NeighbourConfig {
  const { openPrices, delivery } = neighbour;
  if (openPrices === undefined || neighbour.charge.kind !== "price") return neighbour;
  const asked = openPrices.map((own, i): Price => {
    const suggested = prices[i];
    return suggested === undefined ? own : price(suggested);
  });
  const tariff = delivery?.open === true ? asked[delivery.carrier - 1] : undefined;
  const delivered =
    delivery === undefined || tariff === undefined ? {} : { delivery: { ...delivery, tariff } };
  return { ...neighbour, charge: { kind: "price", prices: asked }, ...delivered };
}
