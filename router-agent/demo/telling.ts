import type { HopAudit } from "#core/audit/network-audit.ts";
import type { HopSample } from "./hop.ts";
import type { RouterName, Stage, Transfer } from "./stage.ts";

/** What the story tells while it goes on. `at`: milliseconds since it began. */
export type Telling = { readonly at: number } & (
  | {
      readonly fact: "phase";
      readonly phase: number;
      readonly of: number;
      readonly title: string;
      readonly why: string;
    }
  | {
      readonly fact: "sample";
      readonly hops: readonly HopSample[];
      readonly rss: Readonly<Partial<Record<RouterName, number>>>;
    }
  | ({ readonly fact: "check" } & Check)
);

/** Something that the story claims, and what was found. */
export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

/** One hop at the end: both books, by the audit, and what the journals say of the way there. */
export interface HopEnding extends HopAudit {
  readonly names: readonly [payer: RouterName, payee: RouterName];
  /** The worst that {@link HopAudit.exposure} was after any event of the payee's journal. */
  readonly worstExposure: bigint;
  /** Bytes that the payer leapt over when its counter was lost. */
  readonly leapt: bigint;
}

/** How it ended. Everything about money comes from the journals. */
export interface Ending {
  readonly passed: boolean;
  readonly mode: Stage["mode"];
  readonly hops: readonly HopEnding[];
  /** Throttles of whoever was honest when it happened; there must be none. */
  readonly falseThrottles: number;
  readonly trueThrottles: number;
  /** Memory of the agents, bytes; 0 where one could not say. */
  readonly rss: Readonly<Record<RouterName, number>>;
  readonly checks: readonly Check[];
  readonly throttledAfter: Moment;
  readonly reopenedAfter: Moment;
  /** What b was paid, less what it paid, in grains. */
  readonly earnedByB: bigint;
  readonly transfer: Transfer | undefined;
  /** What became of money on the chain, where there is one. */
  readonly chain: ChainEnding | undefined;
  readonly milliseconds: number;
}

/** How it ended on the chain. */
export interface ChainEnding {
  readonly openedChannels: number;
  readonly closedChannels: number;
  /** Each account has what it began with, and what the books say it earned, to the unit. */
  readonly onChainEqualsBooks: boolean;
  /** In the token's smallest units. */
  readonly balances: Readonly<Record<RouterName, bigint>>;
}

/** How long something took. */
export interface Moment {
  readonly milliseconds: number;
  /** Messages that the deciding router took in meanwhile, from all its neighbours. */
  readonly messages: number;
}
