import * as Effect from "effect/Effect";
import * as Latch from "effect/Latch";
import { sameChannel } from "#core/settlement/channel.ts";
import { sameOutlook } from "#core/settlement/outlook.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { ChannelFact } from "./settlement.ts";

/** The newest fact for each neighbour, and which of them are still news. */
export interface FactMailbox {
  /** Keeps a fact; it is news unless it says what is known already. */
  readonly tell: (fact: ChannelFact) => void;
  /** What is known of a neighbour is news again. */
  readonly remind: (peer: NodeId) => void;
  readonly next: Effect.Effect<ChannelFact>;
  readonly known: (peer: NodeId) => ChannelFact | undefined;
  readonly size: () => number;
}

/** An empty mailbox. It holds one fact a neighbour, however many are told. */
export function factMailbox(): FactMailbox {
  const facts = new Map<NodeId, ChannelFact>();
  const news = new Set<NodeId>();
  const told = Latch.makeUnsafe(false);
  const next: Effect.Effect<ChannelFact> = Effect.suspend(() => {
    for (const peer of news) {
      news.delete(peer);
      const fact = facts.get(peer);
      if (fact !== undefined) return Effect.succeed(fact);
    }
    told.closeUnsafe();
    return Effect.andThen(told.await, next);
  });
  return {
    tell: (fact) => {
      const before = facts.get(fact.peer);
      if (before !== undefined && isSame(before, fact)) return;
      facts.set(fact.peer, fact);
      news.add(fact.peer);
      told.openUnsafe();
    },
    remind: (peer) => {
      if (!facts.has(peer)) return;
      news.add(peer);
      told.openUnsafe();
    },
    next,
    known: (peer) => facts.get(peer),
    size: () => facts.size,
  };
}

function isSame(one: ChannelFact, other: ChannelFact): boolean {
  if (one.final !== other.final || !sameOutlook(one.outlook, other.outlook)) return false;
  return sameChannel(one, other);
}
