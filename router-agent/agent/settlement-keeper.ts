import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type { ChannelFact, Settlement } from "#adapters/settlement/settlement.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import type { Wish } from "#core/node/input.ts";
import type { ChannelBooks } from "#core/settlement/cover.ts";
import { noOutlook } from "#core/settlement/outlook.ts";
import {
  planSettlement,
  type SettlementPolicy,
  type SettlementStep,
} from "#core/settlement/plan.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Agent } from "./agent.ts";

/** What a person asked for, beyond the configuration; until the agent ends, but a close that began goes on. */
export interface ChannelWish {
  readonly wanted: SettlementPolicy["wanted"];
  readonly reopen: boolean;
  /** Instead of the configured deposit. */
  readonly deposit: TokenUnits | undefined;
  /** So much is deposited on a channel, in all; of another channel it says nothing. */
  readonly topUp: { readonly channelId: string; readonly total: TokenUnits } | undefined;
}

/** What was last tried for a neighbour, and what became of it. */
export interface KeeperNote {
  readonly step: SettlementStep["type"];
  /** What the settlement answered, or why it would not. */
  readonly outcome: string;
}

/** Does for each channel what the plan says next, for as long as its scope lasts. */
export interface SettlementKeeper {
  readonly settlement: Settlement["Service"];
  readonly wish: (peer: NodeId, wish: Partial<ChannelWish>) => void;
  readonly note: (peer: NodeId) => KeeperNote | undefined;
  /** What would be done next about a channel. */
  readonly next: (peer: NodeId) => SettlementStep | undefined;
  /** Does it now, for every neighbour. */
  readonly tend: Effect.Effect<void>;
}

const noWish: ChannelWish = {
  wanted: "open",
  reopen: false,
  deposit: undefined,
  topUp: undefined,
};

/** A keeper of all channels of an agent; it looks as often as the chain is looked at. */
export const startSettlementKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  settlement: Settlement["Service"],
) {
  const wishes = new Map<NodeId, ChannelWish>();
  const notes = new Map<NodeId, KeeperNote>();

  const next = (peer: NodeId): SettlementStep | undefined => {
    const config = agent.config();
    const neighbour = config.neighbours.find(({ id }) => id === peer);
    const ledger = agent.node().ledger.neighbours.find(({ id }) => id === peer);
    if (neighbour === undefined || ledger === undefined) return undefined;
    const fact = settlement.channel(peer);
    const policy = policyOf(config, neighbour, wishes.get(peer) ?? noWish, fact?.channelId);
    return nextStep(ledger, fact, policy, settlement.now());
  };
  const tendOne = Effect.fnUntraced(function* ({ id, name }: NeighbourConfig) {
    const step = next(id);
    if (step === undefined) return;
    const outcome = yield* perform(agent, settlement, id, step);
    const before = notes.get(id);
    notes.set(id, { step: step.type, outcome });
    if (before?.step === step.type && before.outcome === outcome) return;
    yield* Effect.logInfo(`channel with ${name}: ${step.type}: ${outcome}`);
  });
  const tend = Effect.suspend(() =>
    agent.stopped() === undefined
      ? Effect.forEach(agent.config().neighbours, tendOne, { discard: true })
      : Effect.void,
  );
  const { interval, endpoints } = agent.config().settlement;
  if (endpoints.length > 0) {
    yield* Effect.forkScoped(Effect.repeat(tend, Schedule.spaced(interval)));
  }
  const keeper: SettlementKeeper = {
    settlement,
    wish: (peer, wish) => {
      wishes.set(peer, { ...(wishes.get(peer) ?? noWish), ...wish });
    },
    note: (peer) => notes.get(peer),
    next,
    tend,
  };
  return keeper;
});

type Books = Pick<NeighbourLedger, "channel" | "dealings" | "signed" | "credited" | "held">;

/** What the plan says for a neighbour, once ledger and chain speak of one channel. */
export function nextStep(
  ledger: Books,
  fact: ChannelFact | undefined,
  policy: SettlementPolicy,
  now: bigint,
): SettlementStep | undefined {
  if (fact === undefined) return undefined; // nobody has looked yet
  const books = booksOf(ledger);
  const { outlook } = fact;
  if (outlook.status === "none") return planSettlement(books, noOutlook, policy, now);
  if (books?.channel.channelId !== fact.channelId) return undefined;
  return planSettlement(books, outlook, policy, now);
}

function booksOf({ channel, dealings, signed, credited, held }: Books) {
  if (channel === undefined) return undefined;
  const books: ChannelBooks = { channel, dealings, signed, credited, held };
  return books;
}

/** The configuration's policy for a neighbour, with what a person asked for. */
export function policyOf(
  { settlement }: Config,
  { depositOut }: NeighbourConfig,
  { wanted, reopen, deposit, topUp }: ChannelWish,
  channelId: string | undefined,
): SettlementPolicy {
  const { topUpBelow, mostHeld, registerAbove } = settlement;
  const deposited = (topUp?.channelId === channelId ? topUp?.total : undefined) ?? tokenUnits(0n);
  return {
    deposit: deposit ?? depositOut,
    deposited,
    topUpBelow,
    mostHeld,
    registerAbove,
    wanted,
    reopen,
  };
}

/** Where the neighbour has to sign the core asks it; the rest goes to the chain. */
const perform = (
  agent: Agent,
  settlement: Settlement["Service"],
  peer: NodeId,
  step: SettlementStep,
): Effect.Effect<string> => {
  const neighbour = agent.node().ledger.neighbours.findIndex(({ id }) => id === peer);
  if (step.type !== "AskPermit" && step.type !== "AskToEnd") {
    return settlement
      .perform(peer, step)
      .pipe(Effect.catch(({ message }) => Effect.succeed(message)));
  }
  const wish: Wish =
    step.type === "AskPermit"
      ? { type: "Withdraw", neighbour, total: step.total }
      : { type: "EndChannel", neighbour };
  return agent.ask({ type: "Wish", wish }).pipe(
    Effect.as("the neighbour was asked to sign"),
    Effect.catch(({ words }) => Effect.succeed(words)),
  );
};
