import { addressOf } from "#core/settlement/address.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import {
  type ContractCall,
  type ContractChannel,
  call,
  unopened,
  type Who,
} from "#core/settlement/channel-contract.ts";
import type { Outlook } from "#core/settlement/outlook.ts";
import {
  planSettlement,
  type SettlementPolicy,
  type SettlementStep,
} from "#core/settlement/plan.ts";
import { inOrder } from "#core/settlement/typed-data.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";
import {
  feed,
  feedAndCrash,
  type LineWorld,
  lineWorld,
  nodeAt,
  smallTerms,
  type WireEnd,
  type WorldOptions,
} from "../simulator/line-world.ts";

/** The chain after one of its transactions. */
interface Moment {
  readonly channel: ContractChannel;
  /** How many channels were closed before this one. */
  readonly number: number;
  /** What was settled on those: signed by node 0, and by node 1. */
  readonly settled: readonly [bigint, bigint];
}

/**
 * Two shipped nodes that meter, pay and settle by the shipped plan over the contract's state machine:
 * what each has in the contract, in its books and in its purse can be counted at any moment.
 */
export interface SettlingPair {
  readonly world: LineWorld;
  readonly moments: Moment[];
  /** Which moment a node was told last: it may lag as long as somebody likes. */
  readonly told: [number, number];
  readonly policies: [SettlementPolicy, SettlementPolicy];
  /** What came back to each node less what it put in. */
  readonly purses: [bigint, bigint];
  /** The chain's time. */
  now: bigint;
  /** A defect: steps that are planned and never done. */
  readonly forgets: (step: SettlementStep) => boolean;
}

const notice = 100n;
const before: Moment = { channel: unopened(notice, true), number: 0, settled: [0n, 0n] };

/** A pair without a channel; each opens or deposits by its policy. */
export function settlingPair(
  deposit: bigint,
  forgets: SettlingPair["forgets"] = () => false,
  stops?: WorldOptions["stops"],
): SettlingPair {
  const policy: SettlementPolicy = {
    deposit: tokenUnits(deposit),
    deposited: tokenUnits(0n),
    topUpBelow: tokenUnits(deposit / 2n),
    mostHeld: tokenUnits(0n),
    registerAbove: tokenUnits(20n),
    reopen: false,
    wanted: "open",
  };
  let pair: SettlingPair | undefined;
  const world = lineWorld({
    terms: smallTerms,
    deposit,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    ...(stops === undefined ? {} : { stops }),
    channel: ({ side }: WireEnd) => (pair === undefined ? undefined : known(pair, side)),
  });
  pair = {
    world,
    moments: [before],
    told: [0, 0],
    policies: [policy, policy],
    purses: [0n, 0n],
    now: 1000n,
    forgets,
  };
  return pair;
}

/** The side of the contract that a node is on. */
function partyOf(pair: SettlingPair, index: 0 | 1): "a" | "b" {
  const [own, other] = [addressAt(pair, index), addressAt(pair, index === 0 ? 1 : 0)];
  return inOrder([own, other])[0] === own ? "a" : "b";
}

function addressAt({ world }: SettlingPair, index: number): string {
  const address = addressOf(nodeAt(world, index).signer.id);
  if (address === undefined) throw new Error("a signer without an address");
  return address;
}

/** What a node was told of the chain last, as its settlement port puts it; nothing before a channel. */
function known(pair: SettlingPair, index: 0 | 1): Channel | undefined {
  const { channel, number, settled } = seen(pair, index);
  if (channel.status === "none" && number === 0) return undefined;
  const isA = partyOf(pair, index) === "a";
  const pick = (ofA: TokenUnits, ofB: TokenUnits) =>
    isA ? { out: ofA, in: ofB } : { out: ofB, in: ofA };
  const deposits = pick(channel.depositA, channel.depositB);
  const withdrawn = pick(channel.outA, channel.outB);
  return {
    channelId: (number + 1).toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: 1n,
    ...untouched,
    depositOut: deposits.out,
    depositIn: deposits.in,
    withdrawnOut: withdrawn.out,
    withdrawnIn: withdrawn.in,
    settledOut: tokenUnits(settled[index]),
    settledIn: tokenUnits(settled[index === 0 ? 1 : 0]),
    open: channel.status === "open",
  };
}

function seen(pair: SettlingPair, index: 0 | 1): Moment {
  return pair.moments[pair.told[index]] ?? before;
}

/** The chain as it is. */
export function latest(pair: SettlingPair): Moment {
  return pair.moments.at(-1) ?? before;
}

/** A node hears of the chain's newest moment. */
export function tell(pair: SettlingPair, index: 0 | 1): void {
  pair.told[index] = pair.moments.length - 1;
  const channel = known(pair, index);
  if (channel !== undefined)
    feed(pair.world, index, { type: "ChannelFact", neighbour: 0, channel });
}

/** A node does what the plan says next; what needs the chain is taken by the contract, or refused. */
export function tend(pair: SettlingPair, index: 0 | 1): void {
  const ledger = nodeAt(pair.world, index).ledger.neighbours[0];
  if (ledger === undefined) return;
  const fact = known(pair, index);
  const { channel: chain } = seen(pair, index);
  const books = ledger.channel === undefined ? undefined : { ...ledger, channel: ledger.channel };
  if (books !== undefined && chain.status !== "none" && books.channel.channelId !== fact?.channelId)
    return;
  const step = planSettlement(books, outlookOf(pair, index, chain), pair.policies[index], pair.now);
  if (step !== undefined && !pair.forgets(step)) perform(pair, index, step);
}

function outlookOf(pair: SettlingPair, index: 0 | 1, chain: ContractChannel): Outlook {
  const isA = partyOf(pair, index) === "a";
  return {
    status: chain.status,
    registeredOut: isA ? chain.cumAB : chain.cumBA,
    registeredIn: isA ? chain.cumBA : chain.cumAB,
    closeAt: chain.closeAt,
  };
}

function perform(pair: SettlingPair, index: 0 | 1, step: SettlementStep): void {
  const { world } = pair;
  if (step.type === "AskPermit") {
    return feed(world, index, {
      type: "Wish",
      wish: { type: "Withdraw", neighbour: 0, total: step.total },
    });
  }
  if (step.type === "AskToEnd") {
    return feed(world, index, { type: "Wish", wish: { type: "EndChannel", neighbour: 0 } });
  }
  submit(pair, callOf(pair, index, step), index);
}

function callOf(pair: SettlingPair, index: 0 | 1, step: SettlementStep): ContractCall {
  const by = partyOf(pair, index);
  const other: Who = by === "a" ? "b" : "a";
  const { channel } = latest(pair);
  const ours = by === "a" ? channel.depositA : channel.depositB;
  switch (step.type) {
    case "Open":
      return { type: "open", by, total: step.deposit, value: step.deposit };
    case "Deposit":
      return { type: "setDeposit", by, total: step.total, value: step.total - ours };
    case "Register":
      return { type: "register", signer: other, cumulative: step.voucher.cumulative };
    case "RegisterOurs":
      return { type: "register", signer: by, cumulative: step.voucher.cumulative };
    case "Withdraw":
      return { type: "withdraw", party: by, signer: other, totalOut: step.permit.total };
    case "StartClose":
      return { type: "startClose", by };
    case "CloseTogether": {
      const { out, in: theirs } = step.final;
      const [cumAB, cumBA] = by === "a" ? [out, theirs] : [theirs, out];
      return { type: "closeTogether", signers: ["a", "b"], cumAB, cumBA };
    }
    case "Finish":
      return { type: "finish" };
    case "AskPermit":
    case "AskToEnd":
      throw new Error("not for the chain");
  }
}

/** A transaction reaches the contract; money moves between it and the purses. */
export function submit(pair: SettlingPair, what: ContractCall, payer: 0 | 1): void {
  const last = latest(pair);
  const turn = call(last.channel, what, pair.now);
  if ("error" in turn) return;
  if (what.type === "open" || what.type === "setDeposit") pair.purses[payer] -= what.value;
  for (const index of [0, 1] as const) pair.purses[index] += turn.paid[partyOf(pair, index)];
  const closed = turn.events.find((event) => event.type === "Closed");
  if (closed === undefined) {
    pair.moments.push({ ...last, channel: turn.channel });
    return;
  }
  const isA = partyOf(pair, 0) === "a";
  const [first, second] = isA ? [closed.cumAB, closed.cumBA] : [closed.cumBA, closed.cumAB];
  const settled = [last.settled[0] + first, last.settled[1] + second] as const;
  pair.moments.push({ channel: unopened(notice, true), number: last.number + 1, settled });
}

/** A node is told something, and its machine stops after so many of the events are durable. */
export function crashWhile(pair: SettlingPair, index: 0 | 1, durable: number): void {
  feedAndCrash(pair.world, index, { type: "Poke" }, durable);
}
