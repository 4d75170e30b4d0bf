import { noBid } from "#agent/config/bid-options.ts";
import {
  type Config,
  type DeliveryConfig,
  type DiscoveryConfig,
  isKnown,
  type NeighbourConfig,
} from "#agent/config/config.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";
import { type PriceClass, priceClass } from "#core/units/price-class.ts";

/** What discovery found out about a router once, kept so that a restart need not wait for it. */
export interface RememberedNeighbour {
  readonly id: NodeId;
  /** Part of the names of its interfaces; of a written neighbour, its written name. */
  readonly name: string;
  /** Refused: an operator forgot it, and it does not come back by itself. */
  readonly standing: "accepted" | "refused";
  /** WireGuard, base64. */
  readonly tunnelKey: string;
  /** The key in the configuration that this one follows, signed by the same node. */
  readonly replaces: string | undefined;
  readonly classes: number;
  /** Our port for its class 0. */
  readonly listenPort: number;
  /** Where it was found: our interface, its link-local address, and its port of class 0, or 0. */
  readonly interfaceName: string;
  readonly address: string;
  readonly port: number;
  /** It became our exit because an accepted policy named it: its accounts stay as they were made. */
  readonly exit?: true | undefined;
}

/** Ports that each found neighbour has for its tunnels: class 0 and seven paid ones. */
export const portsPerNeighbour = 8;

/**
 * A configuration with everything that was found: what is not written of a neighbour is filled in,
 * and strangers that were accepted are neighbours like any other.
 * @param now what the agent runs by: of who is in it already, prices and limits are kept.
 * @param written what the operator wrote, which goes before what was found.
 */
export function withRemembered(
  now: Config,
  written: Config,
  remembered: readonly RememberedNeighbour[],
): Config {
  const found = new Map(remembered.map((one) => [one.id, one]));
  const known = new Map(now.neighbours.map((one) => [one.id, one]));
  const ours = written.neighbours.map((one) =>
    filled(known.get(one.id) ?? one, one, found.get(one.id)),
  );
  const ids = new Set(ours.map(({ id }) => id));
  const { discovery } = written;
  const open = discovery.policy !== "off" && discovery.interfaces.length > 0;
  const strangers = remembered.filter((one) => one.standing === "accepted" && !ids.has(one.id));
  const accepted = (open ? strangers.slice(0, discovery.limit) : []).map((one) => {
    const stranger = strangerConfig(discovery, one);
    const { tunnelKey, endpoint } = stranger;
    const before = known.get(one.id);
    return before === undefined ? stranger : { ...before, tunnelKey, endpoint };
  });
  return { ...now, neighbours: [...ours, ...accepted] };
}

/** A written neighbour with what was found in the places where nothing is written. */
function filled(
  now: NeighbourConfig,
  written: NeighbourConfig,
  found: RememberedNeighbour | undefined,
): NeighbourConfig {
  const { tunnelKey, endpoint, listenPort } = written;
  if (found === undefined) return { ...now, tunnelKey, endpoint, listenPort };
  const follows = tunnelKey === undefined || tunnelKey === found.replaces;
  return {
    ...now,
    tunnelKey: follows ? found.tunnelKey : tunnelKey,
    endpoint: endpoint ?? endpointOf(found),
    listenPort: listenPort ?? found.listenPort,
  };
}

function strangerConfig(discovery: DiscoveryConfig, found: RememberedNeighbour): NeighbourConfig {
  const { price, maxPrice, creditLimit, deposit, open } = discovery;
  const delivery = found.exit ? policyExit(price) : discovery.delivery;
  const prices = Array.from({ length: found.classes }, () => price);
  return {
    name: found.name,
    id: found.id,
    tunnelKey: found.tunnelKey,
    endpoint: endpointOf(found),
    listenPort: found.listenPort,
    classes: found.classes,
    charge: { kind: "price", prices },
    ...(open.price === undefined ? {} : { openPrices: prices.map(() => open.price ?? price) }),
    ...(found.exit ? { exitByPolicy: true } : {}),
    maxPrice,
    creditLimit,
    depositIn: deposit,
    depositOut: deposit,
    spendingLimit: undefined,
    delivery,
    bid: noBid,
    ourBid: noBid,
  };
}

/** What we are to an exit that is one by a policy: its client, in class 1, which everybody has. */
function policyExit(tariff: Price): DeliveryConfig {
  return { role: "client", carrier: priceClass(1), tariff, rate: undefined };
}

/** Where its class 0 listens; nothing while it has told no port. */
function endpointOf({ address, interfaceName, port, classes }: RememberedNeighbour) {
  if (port === 0 || port + classes > 65_535) return undefined;
  return { host: `${address}%${interfaceName}`, port };
}

/**
 * A name for a stranger: seven digits of its id, the first ones that nobody else is called by.
 * Nothing where all are taken, which only somebody who tries for it brings about.
 */
export function nameFor(id: NodeId, taken: ReadonlySet<string>): string | undefined {
  for (let at = 2; at + 7 <= id.length; at += 7) {
    const name = `n${id.slice(at, at + 7)}`;
    if (!taken.has(name)) return name;
  }
  return undefined;
}

/** Ports that the tunnels of a configuration take, and those of its other listeners. */
export function portsTaken(
  { neighbours, controlPort, discovery }: Config,
  remembered: readonly RememberedNeighbour[],
): ReadonlySet<number> {
  const ranges = [
    ...neighbours.filter(isKnown).map(({ listenPort, classes }) => [listenPort, classes + 1]),
    ...remembered.map(({ listenPort }) => [listenPort, portsPerNeighbour]),
  ] as const;
  const all = ranges.flatMap(([first = 0, count = 0]) =>
    Array.from({ length: count }, (_, i) => first + i),
  );
  return new Set([controlPort, discovery.port, ...all]);
}

/** The paid classes of a neighbour that is found: the smaller wish of both. */
export function classesWith(ours: number, theirs: number): PriceClass {
  return (ours < theirs ? ours : theirs) as PriceClass;
}
