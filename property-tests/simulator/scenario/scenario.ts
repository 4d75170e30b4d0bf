import type { Wishes } from "#core/negotiation/wishes.ts";

/** How a node of a scenario keeps to the protocol. */
export const behaviours = [
  "honest",
  "stopsPaying",
  "neverPays",
  "liesAboutReceived",
  "replaysVouchers",
  "newIdentities",
  "inflatesPrice",
] as const;
/**
 * Cheats of the market. What of them has to do with accounts that a scenario has no word for, such as
 * deliveries, is played by `--attacks`; elsewhere they do as the honest do. No random scenario has them.
 */
export const marketBehaviours = [
  "ridesFree",
  "sendsJunk",
  "overclaims",
  "overbills",
  "underReports",
] as const;
/** One of the {@link behaviours}, or of {@link marketBehaviours}. */
export type Behaviour = (typeof behaviours)[number] | (typeof marketBehaviours)[number];

/** What can befall a node. */
export const faultKinds = [
  "crash",
  "reboot",
  "counterReset",
  "diskLoss",
  "partition",
  "priceChange",
  "stopPaying",
  "bitFlip",
] as const;
/** One of the {@link faultKinds}. */
export type FaultKind = (typeof faultKinds)[number];

/** How a node chooses among routes: the cheapest, or the one that loses least. */
export const preferences = ["price", "quality"] as const;
/** One of the {@link preferences}. */
export type Preference = (typeof preferences)[number];

/** Which agent a node runs: the one of this commit, or one from before that nobody updated. */
export const agentAges = ["new", "old"] as const;
/** One of the {@link agentAges}. */
export type AgentAge = (typeof agentAges)[number];

/** A whole network and what happens in it. Bytes and money are integers, steps are virtual time. */
export interface Scenario {
  readonly seed: number;
  readonly defaults: ScenarioDefaults;
  readonly nodes: readonly ScenarioNode[];
  readonly links: readonly ScenarioLink[];
  readonly flows: readonly ScenarioFlow[];
  readonly faults: readonly ScenarioFault[];
  readonly chain: ScenarioChain | undefined;
  /** Wishes of everybody who forwards, where prices are negotiated. */
  readonly market?: ScenarioMarket | undefined;
  readonly maxSteps: number;
}

/** What everybody who forwards wishes, and asks at first. */
export interface ScenarioMarket {
  /** Grains a byte. */
  readonly start: bigint;
  /** So long everybody sends and negotiates; then nobody wants anything any more, and books are settled. */
  readonly steps: number;
  readonly wishes: Wishes;
}

/** The constants of every account, and of the free tier (protocol sections 3 and 8). */
export interface ScenarioDefaults {
  /** T, grains. */
  readonly payThreshold: bigint;
  /** L, grains. */
  readonly creditLimit: bigint;
  /** c, bytes. */
  readonly reserveBytes: bigint;
  /** U, bytes. */
  readonly readBytes: bigint;
  /** What a link carries on the free class, bytes a step. */
  readonly freeBytesPerStep: bigint;
  /** So many steps bytes wait for a lease before they ride the free class. */
  readonly patienceSteps: number;
}

/** A router. `price` is its own fee, grains a byte; `maxPrice` the dearest price it accepts. */
export interface ScenarioNode {
  readonly id: string;
  readonly price: bigint;
  readonly maxPrice: bigint;
  readonly behaviour: Behaviour;
  readonly preference: Preference;
  readonly agent: AgentAge;
}

/** Two neighbours. Both directions are alike; shares are parts per {@link shareScale}. */
export interface ScenarioLink {
  readonly a: string;
  readonly b: string;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly delaySteps: number;
  readonly bytesPerStep: bigint;
}

/** Shares like loss are whole numbers of this many parts: no sum of floats decides anything. */
export const shareScale = 1_000_000_000;

/** Bytes that a node wants to send to another. */
export interface ScenarioFlow {
  readonly from: string;
  readonly to: string;
  readonly bytes: bigint;
}

/** What befalls a node once so many bytes entered it, from links or as their source. */
export interface ScenarioFault {
  readonly node: string;
  readonly kind: FaultKind;
  readonly afterBytes: bigint;
  /** The new fee, of a priceChange. */
  readonly price: bigint | undefined;
  /** How long a partition lasts. */
  readonly steps: number;
  /** The neighbour a partition cuts off; all of them where none is named. */
  readonly link: string | undefined;
}

/** A simulated chain: what channels hold, and how long it takes until more is there. */
export interface ScenarioChain {
  /** Grains: what each party has in a channel at first. */
  readonly deposit: bigint;
  /** Grains that are added when less than half of a deposit is left; 0 for never. */
  readonly topUp: bigint;
  readonly blockSteps: number;
  /** Blocks until a deposit is final. */
  readonly finalBlocks: number;
  /** Every so many blocks the last ones are undone; 0 for never. */
  readonly reorgEveryBlocks: number;
  /** The most that a node pays for a transaction, grains; it waits while fees are above. */
  readonly maxFee: bigint;
  readonly fee: bigint;
  readonly outages: readonly { readonly from: number; readonly steps: number }[];
  readonly feeSpikes: readonly {
    readonly from: number;
    readonly steps: number;
    readonly fee: bigint;
  }[];
}
