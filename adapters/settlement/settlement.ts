import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type { Channel } from "#core/settlement/channel.ts";
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
    /** Makes sure that there is an open channel with the neighbour. */
    readonly open: (peer: NodeId) => Effect.Effect<void, SettlementError>;
    /** Makes sure that we have deposited at least so much in all. Never takes any back. */
    readonly deposit: (peer: NodeId, total: TokenUnits) => Effect.Effect<void, SettlementError>;
    /** Closes the channel for both. A closed channel is not opened again. */
    readonly close: (peer: NodeId) => Effect.Effect<void, SettlementError>;
  }
>()("meshtoll/adapters/settlement/Settlement") {}
