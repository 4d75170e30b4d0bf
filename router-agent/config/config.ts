import type { Finality } from "#adapters/settlement/chain/quorum.ts";
import type { Delivery } from "#core/account/delivery.ts";
import type { Terms } from "#core/account/terms.ts";
import type { LeakTerms } from "#core/enforcement/free-tier.ts";
import type { JunkTerms } from "#core/enforcement/junk.ts";
import type { Bid } from "#core/queue/bids.ts";
import type { Money, TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { discoveryPolicies } from "./discovery-options.ts";
import type { Token } from "./form.ts";
import type { MarketConfig } from "./market-config.ts";
import type { Endpoint } from "./network-forms.ts";
import type { policyModes } from "./policy-options.ts";
import type { EdgeConfig } from "./queue-options.ts";
import type { RoutingConfig } from "./routing-config.ts";
import type { LogLevelName, StatusListen } from "./status-options.ts";

/** A configuration that holds together: every default filled in, every cross-check passed. */
export interface Config {
  readonly journal: {
    readonly directory: string;
    /** Bytes of all segments, at most. */
    readonly limit: bigint;
    /** Where history is copied before it is removed, or nothing. */
    readonly archive: string | undefined;
    /** Events between snapshots. */
    readonly snapshotEvery: number;
  };
  readonly history: {
    /** Whether there is an index beside the journal. */
    readonly on: boolean;
    /** Days of usage, payments and leases that it keeps. */
    readonly days: number;
    /** Bytes that it may take on disk. */
    readonly limit: bigint;
  };
  readonly keysFile: string;
  /** Where the passphrase of the keys stands, if they are sealed. */
  readonly passphraseFile: string | undefined;
  readonly interfacePrefix: string;
  readonly controlPort: number;
  readonly token: Token;
  readonly settlement: SettlementConfig;
  /** T, L, c, U, P and the allowance of protocol section 3. A neighbour may have its own L. */
  readonly terms: Terms;
  /** D, bytes that can pass in a message round trip (T14). */
  readonly roundTrip: bigint;
  readonly routing: RoutingConfig;
  /** What is wished of the prices that others are asked. */
  readonly market: MarketConfig;
  /** Bits a second. */
  readonly rates: {
    readonly free: bigint;
    readonly link: bigint;
    /** Where the rate of links follows their delay: it never falls below this. */
    readonly leastLink: bigint | undefined;
    readonly control: bigint;
  };
  /** Interfaces of the LAN, and towards an exit's clients, with their rates. */
  readonly edges: { readonly lan: readonly EdgeConfig[]; readonly clients: readonly EdgeConfig[] };
  readonly exits: ExitsConfig;
  /** What sending first is worth to our own users, grains a byte. */
  readonly ownBid: bigint;
  /** Of the link, in millionths: divided among all pairs of neighbours, whatever they bid. */
  readonly bidFloor: bigint;
  /** What is taken of bids by message at most, grains a byte; undefined: as far as price_cap allows. */
  readonly mostBid: bigint | undefined;
  /** Interfaces where forwarding costs us money, and how much is given away there. */
  readonly metered: readonly string[];
  /** What all neighbours together get in the free class, bits a second; nothing where none shares. */
  readonly freePool: bigint | undefined;
  readonly leak: LeakTerms;
  /** Below this balance, in grains, our own users are throttled; 0 is never. */
  readonly lowBalance: Money;
  /** Where they are told so: once for each kind of address at most. */
  readonly noticeListen: readonly StatusListen[];
  readonly policy: PolicyConfig;
  /** How much junk is taken from a neighbour, and what happens beyond it. */
  readonly junk: Omit<JunkTerms, "moveBytes">;
  /** Destinations behind us that anybody may call. */
  readonly served: readonly string[];
  /** Milliseconds. */
  readonly pokeInterval: number;
  readonly status: StatusConfig;
  readonly logLevel: LogLevelName;
  readonly discovery: DiscoveryConfig;
  readonly neighbours: readonly NeighbourConfig[];
  readonly routes: readonly RouteConfig[];
}

/** Exits as a client chooses them, and what we promise as one. */
export interface ExitsConfig {
  /** Canonical prefixes that take the exit that is best; none where none is chosen. */
  readonly routes: readonly string[];
  /** Promised by our tariff: lost of a delivery at most, in parts per million. */
  readonly loss: bigint;
}

/** Whose policies count here, how they are taken, and within what. */
export interface PolicyConfig {
  readonly organiser: NodeId | undefined;
  readonly mode: (typeof policyModes)[number];
  /** With `follow`: where newer ones are. */
  readonly file: string | undefined;
  /** Bits a second, both included. */
  readonly freeRate: { readonly least: bigint; readonly most: bigint };
}

/** Where people look at the agent, and who may. */
export interface StatusConfig {
  readonly listen: StatusListen | "off";
  /** Where its password stands. */
  readonly tokenFile: string | undefined;
  /** Names that browsers may ask by, beside the address. */
  readonly names: readonly string[];
}

/** Where channels lie, and what is done about them by itself. */
export interface SettlementConfig {
  /** 0: no chain, deposits are what the configuration says. */
  readonly chainId: bigint;
  /** 40 hexadecimal digits. */
  readonly contract: string;
  /** URLs; none where channels are what the configuration says. */
  readonly endpoints: readonly string[];
  /** 40 hexadecimal digits; zeros for the chain's own coin. */
  readonly token: string;
  /** Seconds. */
  readonly notice: bigint;
  readonly finality: Finality;
  /** The block of the deployment, or one before. */
  readonly fromBlock: bigint;
  /** For a unit of gas. */
  readonly feeCap: bigint;
  /** Milliseconds. */
  readonly interval: number;
  readonly topUpBelow: TokenUnits;
  readonly mostHeld: TokenUnits;
  readonly registerAbove: TokenUnits;
}

/** What we charge a neighbour for each byte that it sends us. */
export type Charge =
  /** Our own prices, class 1 first, one for each class. */
  | { readonly kind: "price"; readonly prices: readonly Price[] }
  /** What the named neighbour charges us, plus a fee in grains a byte (T12). */
  | { readonly kind: "resale"; readonly via: string; readonly fee: bigint };

/** What the market asks for a class: at least `least`, at most `most`; nothing is sold without `least`. Grains a byte. */
export interface Asked {
  readonly least: Price | undefined;
  readonly most: Price;
}

/** One neighbour. */
export interface NeighbourConfig {
  readonly name: string;
  readonly id: NodeId;
  /** WireGuard, base64. Undefined: it has not been found yet. */
  readonly tunnelKey: string | undefined;
  /** Undefined: it calls us. */
  readonly endpoint: Endpoint | undefined;
  /** Our port for class 0; class k listens on listenPort + k. Undefined: none is chosen yet. */
  readonly listenPort: number | undefined;
  /** How many paid classes, 1 to 7. */
  readonly classes: number;
  readonly charge: Charge;
  /** Where no price is written: what stands in, class 1 first. An accepted policy may suggest others. */
  readonly openPrices?: readonly Price[];
  /** What the market asks it now, class 1 first, beside the charge; never written, made while the agent runs. */
  readonly asked?: readonly Asked[];
  /** The dearest price of its own that we accept. */
  readonly maxPrice: Price;
  /** L for this neighbour. */
  readonly creditLimit: Money;
  readonly depositIn: TokenUnits;
  readonly depositOut: TokenUnits;
  /** The most that we sign to it in all; undefined: no limit of its own. */
  readonly spendingLimit: Money | undefined;
  /** Where one of the two is the other's exit (protocol section 7). */
  readonly delivery: DeliveryConfig | undefined;
  /** It was found while an accepted policy named it as an exit: it is a candidate as long as one does. */
  readonly exitByPolicy?: true;
  /** What it pays on top of price and tariff so that its packets go first. */
  readonly bid: Bid;
  /** What orders its packets, where that is another bid than leases to come carry; made while the agent runs. */
  readonly ordered?: Bid;
  /** What we bid at it, for our own packets. */
  readonly ourBid: Bid;
}

/** What we are to a neighbour of which one is the other's exit. */
export interface DeliveryConfig extends Delivery {
  /** What the client pays for each byte that the exit sends to it. The client's own is not used. */
  readonly tariff: Price;
  /** No tariff is written: it is the price of the carrier, whatever that becomes. */
  readonly open?: true;
  /** What leaves to the client at most, in bits a second; undefined: as much as by any link. */
  readonly rate: bigint | undefined;
}

/** A neighbour to which there can be tunnels. */
export interface KnownNeighbour extends NeighbourConfig {
  readonly tunnelKey: string;
  readonly listenPort: number;
}

/** Whether all that tunnels need is known; else discovery has to find it first. */
export function isKnown(neighbour: NeighbourConfig): neighbour is KnownNeighbour {
  return neighbour.tunnelKey !== undefined && neighbour.listenPort !== undefined;
}

/** How neighbours are found, and what becomes of strangers. */
export interface DiscoveryConfig {
  /** None: nobody is looked for. */
  readonly interfaces: readonly string[];
  readonly policy: (typeof discoveryPolicies)[number];
  readonly port: number;
  /** Milliseconds. */
  readonly interval: number;
  /** How many strangers can be neighbours. */
  readonly limit: number;
  /** Where the ports for found neighbours begin. */
  readonly listenPort: number;
  readonly classes: number;
  readonly price: Price;
  readonly maxPrice: Price;
  readonly creditLimit: Money;
  readonly deposit: TokenUnits;
  /** What we are to a stranger of which one is the other's exit; undefined: neither is. */
  readonly delivery: DeliveryConfig | undefined;
  /** What is written about neither price nor delivery: an accepted policy may say it. */
  readonly open: { readonly price: Price | undefined; readonly delivery: boolean };
  /** Strangers that are our exits by an accepted policy; made while the agent runs. */
  readonly exits?: readonly NodeId[];
}

/** Destinations and the tunnel they take. */
export interface RouteConfig {
  /** Canonical, such as 10.7.0.0/16. */
  readonly prefix: string;
  /** A neighbour's name. */
  readonly via: string;
  readonly class: PriceClass;
}

/**
 * The interface of a neighbour's class: prefix, name and class number, at most 15 characters
 * because the parts have at most 6, 8 and 1.
 */
export function interfaceName(prefix: string, neighbour: string, priceClass: number): string {
  return `${prefix}${neighbour}${priceClass}`;
}

/** Whether an interface of this name can be of an agent with this prefix: what it may tidy up. */
export function isInterfaceName(prefix: string, name: string): boolean {
  return name.startsWith(prefix) && /^[a-z0-9]{1,8}[0-7]$/.test(name.slice(prefix.length));
}
