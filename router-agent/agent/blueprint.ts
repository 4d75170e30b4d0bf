import type { LinkNeighbour } from "#adapters/link/link-neighbour.ts";
import { tunnelAddress } from "#adapters/link/tunnel-address.ts";
import { backlog } from "#adapters/queueing/nft-table.ts";
import type { QueuePlan, QueueRoute } from "#adapters/queueing/queueing.ts";
import type { TunnelPlan } from "#adapters/tunnel/tunnel.ts";
import { type Config, interfaceName, type NeighbourConfig } from "#agent/config/config.ts";
import type { Terms } from "#core/account/terms.ts";
import type { NeighbourPolicy, Pricing } from "#core/node/policy.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { price } from "#core/units/price.ts";

/** A configuration as everything that follows from it for one neighbour. */
export interface NeighbourBlueprint {
  readonly config: NeighbourConfig;
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

/** Works out tunnels, queues, routes and policies from the configuration. */
export function blueprint(self: NodeId, config: Config): Blueprint {
  const neighbours = config.neighbours.map((neighbour, index) =>
    draw(self, config, neighbour, index),
  );
  const routes = config.routes.flatMap((route): readonly QueueRoute[] => {
    const index = config.neighbours.findIndex((one) => one.name === route.via);
    return index < 0 ? [] : [{ prefix: route.prefix, index, class: route.class }];
  });
  return { neighbours, routes };
}

function draw(
  self: NodeId,
  config: Config,
  neighbour: NeighbourConfig,
  index: number,
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
      index,
      interfaces,
      linkRate: config.rates.link,
      freeRate: config.rates.free,
      controlRate: config.rates.control,
    },
    policy: {
      id: neighbour.id,
      classes: neighbour.classes,
      terms: termsOf(config, neighbour),
      prices: pricesOf(config, neighbour),
      tunnelKey: new Uint8Array(Buffer.from(neighbour.tunnelKey, "base64")),
    },
  };
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
  const least = backlog(config.rates.link) + overhead;
  const { allowance } = config.terms;
  return {
    ...config.terms,
    creditLimit: neighbour.creditLimit,
    priceCap: neighbour.maxPrice,
    allowance: allowance > least ? allowance : least,
  };
}

function pricesOf(config: Config, neighbour: NeighbourConfig): readonly Pricing[] {
  const { charge } = neighbour;
  if (charge.kind === "price") return charge.prices.map((one) => ({ kind: "fixed", price: one }));
  const via = config.neighbours.find((one) => one.name === charge.via);
  if (via === undefined) return [];
  const fee = price(charge.fee > 0n ? charge.fee : 1n);
  return Array.from({ length: neighbour.classes }, () => ({ kind: "resale", via: via.id, fee }));
}
