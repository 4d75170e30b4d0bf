import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { Channel } from "#core/settlement/channel.ts";
import type { Outlook } from "#core/settlement/outlook.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import type { TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { SettlementError } from "./settlement-error.ts";

/**
 * What is known of our channel with a neighbour. All amounts are totals over the channel's life,
 * so a fact told twice, or a newer one told alone, is right.
 */
export interface ChannelFact extends Channel {
  readonly peer: NodeId;
  /**
   * True once it can no longer be undone (finalized, or deep enough, on a chain). Only such facts
   * enter the ledger; earlier ones are for people to look at.
   */
  readonly final: boolean;
  /** What decides when to act; nothing of it enters the ledger. */
  readonly outlook: Outlook;
}

/** What became of asking. Whether it succeeded is told by facts. */
export type Asked =
  /** It is on its way now. */
  | "sent"
  /** It was on its way already, or waits for something that is. */
  | "on its way"
  /** There was nothing to do. */
  | "done already";

/** What a step would cost, in the chain's smallest unit. */
export interface StepCost {
  readonly gas: bigint;
  /** For a unit of gas, at most. */
  readonly feeCap: bigint;
  /** What comes along: a deposit in the chain's own coin. */
  readonly value: bigint;
}

/** A moment of a settlement, for people. */
export interface SettlementState {
  /** Where channels lie, in a few words. */
  readonly place: string;
  /** Our address there, if there is one. */
  readonly address: string | undefined;
  /** What our account has for fees, in the chain's smallest unit. */
  readonly balance: bigint | undefined;
  /** The newest final block that was looked at, and its time in seconds. */
  readonly block: { readonly number: bigint; readonly time: bigint } | undefined;
  /** Why nothing newer is known; nothing while all is well. */
  readonly problem: string | undefined;
  /** What is on its way. */
  readonly pending: readonly { readonly purpose: string; readonly hash: string }[];
}

/** The state of a settlement that asks no chain. @param place in a few words. */
export function stateWithoutChain(place: string): SettlementState {
  const unknown = { address: undefined, balance: undefined, block: undefined, problem: undefined };
  return { place, ...unknown, pending: [] };
}

/** What two neighbours are said to have deposited, where no chain says it. */
export interface Deposits {
  readonly depositIn: TokenUnits;
  readonly depositOut: TokenUnits;
}

/** How many neighbours a node has channels with, at most. */
export const channelLimit = 250;

/**
 * Channels with neighbours, wherever the money lies. Every operation names a total and is
 * idempotent: asking again after a crash or a lost answer does nothing twice. An operation's
 * success means "asked for"; what has become of it is told by facts.
 */
export class Settlement extends Context.Service<
  Settlement,
  {
    /**
     * The next news about a channel; waits for some. At first each known channel is news. Of
     * several unread facts about one channel only the newest is told, so nothing piles up.
     */
    readonly nextFact: Effect.Effect<ChannelFact>;
    /** The newest fact about the channel with a neighbour, final or not; undefined if none. */
    readonly channel: (peer: NodeId) => ChannelFact | undefined;
    /**
     * A neighbour came at run time: its channel is looked for from now on. Where no chain says what
     * is deposited, these deposits do. Told again, the newest counts; the fact is news again.
     */
    readonly watch: (peer: NodeId, deposits: Deposits) => Effect.Effect<void, SettlementError>;
    /** Asks for a step. */
    readonly perform: (peer: NodeId, step: ChannelStep) => Effect.Effect<Asked, SettlementError>;
    /** What it would cost; nothing is sent. Undefined where steps cost nothing. */
    readonly rehearse: (
      peer: NodeId,
      step: ChannelStep,
    ) => Effect.Effect<StepCost | undefined, SettlementError>;
    /** The chain's time, in seconds, as of the last look. */
    readonly now: () => bigint;
    readonly state: () => SettlementState;
  }
>()("meshtoll/adapters/settlement/Settlement") {}
