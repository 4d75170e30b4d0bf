import type { LinkNeighbour } from "#adapters/link/link-neighbour.ts";
import { tunnelAddress } from "#adapters/link/tunnel-address.ts";
import { backlog } from "#adapters/queueing/nft-table.ts";
import type { QueuePlan, QueueRoute } from "#adapters/queueing/queueing.ts";
import type { TunnelPlan } from "#adapters/tunnel/tunnel.ts";
import {
  type Asked,
  type Config,
  interfaceName,
  isKnown,
  type KnownNeighbour,
  type NeighbourConfig,
} from "#agent/config/config.ts";
import type { Delivery } from "#core/account/delivery.ts";
import type { Terms } from "#core/account/terms.ts";
import type { NeighbourPolicy, Pricing } from "#core/node/policy.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { price } from "#core/units/price.ts";
import { leavesOfEach, type PairPart, pairPlans } from "./pair-plans.ts";

/** A configuration as everything that follows from it for one neighbour. */
export interface NeighbourBlueprint {
  readonly config: KnownNeighbour;
  /** Class 0 first. */
  readonly interfaces: readonly string[];
  readonly tunnels: readonly Omit<TunnelPlan, "privateKey">[];
  readonly link: LinkNeighbour;
  readonly queue: QueuePlan;
  readonly policy: NeighbourPolicy;
}

/** A configuration as everything that follows from it. */
export interface Blueprint {
  readonly neighbours: readonly NeighbourBlueprint[];
  readonly routes: readonly QueueRoute[];
}

/** What a tunnel may send beside paid traffic, at least: handshakes and keepalives of a day. */
const overhead = 65_536n;

/**
 * Works out tunnels, queues, routes and policies from the configuration, for the neighbours to which
 * there can be tunnels.
 * @param before the blueprint of the agent until now: whoever was in it keeps its index.
 */
export function blueprint(self: NodeId, config: Config, before?: Blueprint): Blueprint {
  const known = config.neighbours.filter(isKnown);
  const indices = stableIndices(known, before);
  const pairs = pairPlans(config, (name) => {
    const at = known.findIndex((one) => one.name === name);
    return at < 0 ? undefined : (indices[at] ?? at);
  });
  const neighbours = known.map((neighbour, i) => {
    const index = indices[i] ?? i;
    return draw(self, config, neighbour, { index, ...pairs.get(neighbour.name) });
  });
  const routes = config.routes.flatMap((route): readonly QueueRoute[] => {
    const via = neighbours.find((one) => one.config.name === route.via);
    if (via === undefined) return [];
    return [{ prefix: route.prefix, index: via.queue.index, class: route.class }];
  });
  return { neighbours, routes };
}

/** Whoever was there keeps its index; the others get the smallest that are free. */
function stableIndices(
  known: readonly KnownNeighbour[],
  before: Blueprint | undefined,
): readonly number[] {
  const kept = known.map(
    ({ id }) => before?.neighbours.find(({ config }) => config.id === id)?.queue.index,
  );
  const taken = new Set(kept);
  let next = 0;
  return kept.map((index) => {
    if (index !== undefined) return index;
    while (taken.has(next)) next += 1;
    taken.add(next);
    return next;
  });
}

function draw(
  self: NodeId,
  config: Config,
  neighbour: KnownNeighbour,
  place: { readonly index: number } & PairPart,
): NeighbourBlueprint {
  const classes = Array.from({ length: neighbour.classes + 1 }, (_, i) => i);
  const interfaces = classes.map((one) =>
    interfaceName(config.interfacePrefix, neighbour.name, one),
  );
  return {
    config: neighbour,
    interfaces,
    tunnels: interfaces.map((name, one) => ({
      name,
      listenPort: neighbour.listenPort + one,
      ownAddress: tunnelAddress(self, one),
      peerKey: neighbour.tunnelKey,
      endpoint: endpointOf(neighbour, one),
    })),
    link: {
      id: neighbour.id,
      interfaceName: interfaces[0] ?? "",
      ownAddress: tunnelAddress(self, 0),
      peerAddress: tunnelAddress(neighbour.id, 0),
    },
    queue: {
      ...place,
      interfaces,
      linkRate: linkRateOf(config, neighbour),
      freeRate: config.rates.free,
      controlRate: config.rates.control,
      ...unaskedOf(config, neighbour),
      ...(config.freePool === undefined ? {} : { freePool: config.freePool }),
      ...(config.metered.length === 0 ? {} : { metered: config.metered }),
    },
    policy: {
      id: neighbour.id,
      classes: neighbour.classes,
      terms: termsOf(config, neighbour),
      prices: [...pricesOf(config, neighbour), ...tariffOf(neighbour)],
      ...deliveryOf(neighbour),
      tunnelKey: new Uint8Array(Buffer.from(neighbour.tunnelKey, "base64")),
    },
  };
}

/** A client that we are the exit of may have less than the link carries. */
function linkRateOf({ rates }: Config, { delivery }: NeighbourConfig): bigint {
  return (delivery?.role === "exit" ? delivery.rate : undefined) ?? rates.link;
}

function endpointOf(neighbour: NeighbourConfig, priceClass: number): string | undefined {
  const { endpoint } = neighbour;
  if (endpoint === undefined) return undefined;
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port + priceClass}`;
}

/**
 * The allowance is at least what the kernel keeps back: the last bytes of a lease are never sent,
 * because queues lie between where quotas count and where WireGuard does.
 */
export function termsOf(config: Config, neighbour: NeighbourConfig): Terms {
  const least = backlog(linkRateOf(config, neighbour), leavesOfEach(config)) + overhead;
  const { allowance, tolerance, ...terms } = config.terms;
  // Only a client has use for it; the terms of all others stay in their plain form.
  const accepts = neighbour.delivery?.role === "client" && tolerance !== undefined;
  return {
    ...terms,
    ...(accepts ? { tolerance } : {}),
    creditLimit: neighbour.creditLimit,
    priceCap: neighbour.maxPrice,
    allowance: allowance > least ? allowance : least,
  };
}

/** What a client pays for what we deliver; the core asks no client for a price. */
function tariffOf({ delivery, bid }: NeighbourConfig): readonly Pricing[] {
  if (delivery === undefined) return [];
  return [{ kind: "fixed", price: price(delivery.tariff + bid.receive) }];
}

/** Where we pay for what is delivered, it matters who asked for it. */
function unaskedOf(config: Config, { delivery }: NeighbourConfig): Pick<QueuePlan, "unasked"> {
  if (delivery?.role !== "client") return {};
  return { unasked: { carrier: delivery.carrier, served: config.served } };
}

function deliveryOf({ delivery }: NeighbourConfig): { readonly delivery?: Delivery } {
  if (delivery === undefined) return {};
  return { delivery: { role: delivery.role, carrier: delivery.carrier } };
}

function pricesOf(config: Config, neighbour: NeighbourConfig): readonly Pricing[] {
  return chargedPrices(config, neighbour)
    .map((pricing, i) => negotiated(pricing, neighbour.asked?.[i]))
    .map((pricing) => withBid(pricing, neighbour.bid.send));
}

/** A bid is a surcharge on every byte of the class: the same leases and vouchers carry it. */
function withBid(pricing: Pricing, bid: bigint): Pricing {
  switch (pricing.kind) {
    case "withheld":
      return pricing;
    case "fixed":
      return { ...pricing, price: price(pricing.price + bid) };
    case "resale": {
      const { fee, least, most } = pricing;
      const bounds = {
        ...(least === undefined ? {} : { least: price(least + bid) }),
        ...(most === undefined ? {} : { most: price(most + bid) }),
      };
      return { ...pricing, fee: price(fee + bid), ...bounds };
    }
  }
}

/** As the market has it now: the charge is what it begins with, or what it comes on top of. */
function negotiated(pricing: Pricing, asked: Asked | undefined): Pricing {
  if (asked === undefined) return pricing;
  const { least, most } = asked;
  // What is resold stays so while nothing is: leases that are out are still covered by what is held (T12).
  if (least === undefined && pricing.kind === "resale") return { ...pricing, most: price(1n) };
  if (least === undefined) return { kind: "withheld" };
  return pricing.kind === "resale" ? { ...pricing, least, most } : { kind: "fixed", price: least };
}

function chargedPrices(config: Config, neighbour: NeighbourConfig): readonly Pricing[] {
  const { charge } = neighbour;
  if (charge.kind === "price") return charge.prices.map((one) => ({ kind: "fixed", price: one }));
  const via = config.neighbours.find((one) => one.name === charge.via);
  if (via === undefined) return [];
  const fee = price(charge.fee > 0n ? charge.fee : 1n);
  return Array.from({ length: neighbour.classes }, () => ({ kind: "resale", via: via.id, fee }));
}
