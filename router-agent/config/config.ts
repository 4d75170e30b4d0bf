import type { Finality } from "#adapters/settlement/chain/quorum.ts";
import type { Terms } from "#core/account/terms.ts";
import type { Money, TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Price } from "#core/units/price.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Token } from "./form.ts";
import type { Endpoint } from "./network-forms.ts";

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
  /** Bits a second. */
  readonly rates: { readonly free: bigint; readonly link: bigint; readonly control: bigint };
  /** Milliseconds. */
  readonly pokeInterval: number;
  readonly neighbours: readonly NeighbourConfig[];
  readonly routes: readonly RouteConfig[];
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

/** One neighbour. */
export interface NeighbourConfig {
  readonly name: string;
  readonly id: NodeId;
  /** WireGuard, base64. */
  readonly tunnelKey: string;
  /** Undefined: it calls us. */
  readonly endpoint: Endpoint | undefined;
  /** Our port for class 0; class k listens on listenPort + k. */
  readonly listenPort: number;
  /** How many paid classes, 1 to 7. */
  readonly classes: number;
  readonly charge: Charge;
  /** The dearest price of its own that we accept. */
  readonly maxPrice: Price;
  /** L for this neighbour. */
  readonly creditLimit: Money;
  readonly depositIn: TokenUnits;
  readonly depositOut: TokenUnits;
  /** The most that we sign to it in all; undefined: no limit of its own. */
  readonly spendingLimit: Money | undefined;
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
