import type { Signer } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import { finalDigest, inOrder } from "#core/settlement/typed-data.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Asked, ChannelFact, StepCost } from "../settlement.ts";
import { type Account, balanceOf, latestBlock } from "./chain-account.ts";
import { checkPlace } from "./chain-check.ts";
import { ChainError } from "./chain-error.ts";
import { type ChainPlace, coin } from "./chain-place.ts";
import { type ChannelLook, lookForChannel, lookNow, newClosedMemory } from "./channel-look.ts";
import { type ContractCall, disputeGas, purposeOf } from "./contract-call.ts";
import { type Errand, type Outbox, type Outcome, outbox } from "./outbox.ts";
import type { OutboxFile } from "./outbox-file.ts";
import { type AgreedBlock, isQuantity, type Quorum } from "./quorum.ts";

type Tools = typeof import("./chain-tools.ts");

/** What a session with a chain needs. */
export interface SessionParts {
  readonly tools: Tools;
  readonly place: ChainPlace;
  readonly quorum: Quorum;
  readonly signer: Signer;
  readonly file: OutboxFile;
}

/** What a look found. */
export interface Sighting {
  readonly block: AgreedBlock;
  /** The newest time that any endpoint told, in seconds. */
  readonly now: bigint;
  readonly balance: bigint;
  readonly facts: readonly ChannelFact[];
  readonly outcomes: readonly Outcome[];
}

/** One account on one chain, and the channels of it. */
export interface ChainSession {
  readonly address: string;
  readonly outbox: Outbox;
  /** Asks the chain about the channels with these neighbours, and sees to what is on its way. */
  readonly look: (peers: readonly NodeId[]) => Promise<Sighting>;
  /** @throws ChainError, RpcError */
  readonly perform: (peer: NodeId, step: ChannelStep) => Promise<Asked>;
  /** What it would cost. @throws ChainError, RpcError */
  readonly rehearse: (peer: NodeId, step: ChannelStep) => Promise<StepCost>;
}

/** Begins a session. @throws ChainError where our own id is no key. */
export function chainSession(parts: SessionParts): ChainSession {
  const { tools, place, quorum, signer, file } = parts;
  const address = partyOf(signer.id);
  const account: Account = { chainId: place.chainId, address, signer, feeCap: place.feeCap };
  const sent = outbox(tools, quorum, account, file);
  const memory = newClosedMemory();
  const seen = new Map<NodeId, ChannelLook>();
  let checked = false;

  const look = async (peers: readonly NodeId[]): Promise<Sighting> => {
    if (!checked) await checkPlace(tools, place, quorum);
    checked = true;
    const block = await quorum.finalBlock();
    const facts: ChannelFact[] = [];
    for (const peer of peers) {
      const parties = [address, partyOf(peer)] as const;
      const final = await lookForChannel(tools, place, parties, quorum, block, memory);
      const latest = await lookNow(tools, place, quorum, final);
      seen.set(peer, latest);
      facts.push(factOf(place, address, peer, final, latest));
    }
    const outcomes = await sent.tend(block);
    await claimCredit(parts, address, sent);
    const { time } = await latestBlock(quorum);
    const balance = await balanceOf(quorum, account);
    return { block, now: time > block.time ? time : block.time, balance, facts, outcomes };
  };

  const errandOf = (call: ContractCall, step: ChannelStep, deposited: bigint): Errand => {
    const spending = step.type === "Open" || step.type === "Deposit";
    const open = [...seen.values()].filter(({ stored }) => stored.status !== "none").length;
    const channels = BigInt(open + (step.type === "Open" ? 1 : 0));
    return {
      purpose: purposeOf(call),
      ...tools.callFields(place, address, call, deposited),
      worth: place.token === coin ? step.atStake : undefined,
      urgent: step.urgent,
      reserve: spending ? channels * disputeGas * place.feeCap : 0n,
    };
  };

  /** The errand of a step; before a deposit in a token, what allows the contract to take it. */
  const errand = async (peer: NodeId, step: ChannelStep): Promise<Errand | undefined> => {
    const channel = seen.get(peer);
    if (channel === undefined) {
      throw new ChainError("no quorum", "the chain has not been looked at yet: wait a moment");
    }
    const call = callOf(place, signer, channel, partyOf(peer), step);
    if (call === undefined) return undefined;
    const mine = inOrder([address, partyOf(peer)])[0] === address ? 0 : 1;
    const deposited = channel.stored.deposits[mine];
    const needed = call.type === "open" || call.type === "setDeposit" ? call.total - deposited : 0n;
    if (place.token === coin || needed <= 0n) return errandOf(call, step, deposited);
    const allowed = await allowanceOf(tools, place, quorum, address);
    if (allowed >= needed) return errandOf(call, step, deposited);
    // Some tokens refuse to change an allowance that is not zero.
    const amount = allowed === 0n ? needed : 0n;
    return { ...errandOf({ type: "approve", amount }, step, 0n), worth: undefined };
  };

  return {
    address,
    outbox: sent,
    look,
    perform: async (peer, step) => {
      const wanted = await errand(peer, step);
      if (wanted === undefined) return "done already";
      if (place.token !== coin && wanted.reserve > 0n && hasDeposit(sent)) return "on its way";
      return sent.submit(wanted);
    },
    rehearse: async (peer, step) => {
      const wanted = await errand(peer, step);
      if (wanted === undefined) return { gas: 0n, feeCap: 0n, value: 0n };
      const { gas, fees } = await sent.rehearse(wanted);
      return { gas, feeCap: fees.cap, value: wanted.value };
    },
  };
}

/**
 * A payout that failed, because a token had us on its black list, lies in the contract as credit: it is
 * fetched as soon as that works.
 */
async function claimCredit(
  { tools, place, quorum }: SessionParts,
  self: string,
  sent: Outbox,
): Promise<void> {
  const { token } = place;
  const data = tools.creditQuestion(token, self);
  const answer = await quorum.first("eth_call", [{ to: `0x${place.contract}`, data }, "latest"]);
  if (!isQuantity(answer) || BigInt(answer) === 0n) return;
  const call: ContractCall = { type: "claimCredit", token, owner: self };
  const claim: Errand = {
    purpose: purposeOf(call),
    ...tools.callFields(place, self, call, 0n),
    worth: token === coin ? BigInt(answer) : undefined,
    urgent: false,
    reserve: 0n,
  };
  try {
    await sent.submit(claim);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error; // it still fails, or costs too much: later
  }
}

/** One allowance serves one deposit: deposits in a token go one after another. */
function hasDeposit({ pending }: Outbox): boolean {
  return pending().some(({ purpose }) => /^(?:approve|open|setDeposit) /.test(purpose));
}

/** The address of a node. @throws ChainError where its id is no key. */
export function partyOf(id: NodeId): string {
  const address = addressOf(id);
  if (address === undefined) throw new ChainError("wrong contract", `${id} is no node's key`);
  return address;
}

/** The call that a step is; nothing where the chain already has what it asks for. */
function callOf(
  place: ChainPlace,
  signer: Signer,
  { id, number, stored }: ChannelLook,
  peer: string,
  step: ChannelStep,
): ContractCall | undefined {
  const self = partyOf(signer.id);
  const mine = inOrder([self, peer])[0] === self ? 0 : 1;
  const { status } = stored;
  switch (step.type) {
    case "Open":
      if (status !== "none") return undefined;
      return { type: "open", id, peer, number, total: step.deposit };
    case "Deposit":
      if (status !== "open" || stored.deposits[mine] >= step.total) return undefined;
      return { type: "setDeposit", id, total: step.total };
    case "Register": {
      const { cumulative, signature } = step.voucher;
      if (status === "none" || stored.registered[mine === 0 ? 1 : 0] >= cumulative)
        return undefined;
      return { type: "register", id, cumulative, signature };
    }
    case "RegisterOurs": {
      const { cumulative, signature } = step.voucher;
      if (status === "none" || stored.registered[mine] >= cumulative) return undefined;
      return { type: "register", id, cumulative, signature };
    }
    case "Withdraw": {
      const { total, signature } = step.permit;
      if (status === "none" || stored.withdrawn[mine] >= total) return undefined;
      return { type: "withdraw", id, party: self, total, signature };
    }
    case "StartClose":
      return status === "open" ? { type: "startClose", id } : undefined;
    case "Finish":
      return status === "closing" ? { type: "finish", id } : undefined;
    case "CloseTogether": {
      if (status === "none") return undefined;
      const { out, in: theirs } = step.final;
      const totals = mine === 0 ? ([out, theirs] as const) : ([theirs, out] as const);
      const channel = { channelId: id, chainId: place.chainId, contract: place.contract };
      const ours = signer.sign(finalDigest(channel, totals));
      const signatures =
        mine === 0 ? ([ours, step.theirs] as const) : ([step.theirs, ours] as const);
      return { type: "closeTogether", id, totals, signatures };
    }
  }
}

/**
 * What the ledger and the plan are told: amounts as they are for good, but for how far a close is,
 * which cannot wait: acting early on a close that is undone later costs a fee and nothing else.
 */
function factOf(
  place: ChainPlace,
  self: string,
  peer: NodeId,
  final: ChannelLook,
  latest: ChannelLook,
): ChannelFact {
  const our = inOrder([self, partyOf(peer)])[0] === self ? 0 : 1;
  const their = our === 0 ? 1 : 0;
  const { stored, settled } = final;
  const closing = stored.status === "open" && latest.stored.status !== "open";
  const { status, closeAt } = closing ? latest.stored : stored;
  return {
    peer,
    final: true,
    channelId: final.id,
    chainId: place.chainId,
    contract: place.contract,
    grainsPerUnit: place.grainsPerUnit,
    depositOut: stored.deposits[our],
    depositIn: stored.deposits[their],
    withdrawnOut: stored.withdrawn[our],
    withdrawnIn: stored.withdrawn[their],
    settledOut: settled[our],
    settledIn: settled[their],
    open: stored.status === "open",
    outlook: {
      status,
      closeAt,
      registeredOut: stored.registered[our],
      registeredIn: stored.registered[their],
    },
  };
}

async function allowanceOf(
  tools: Tools,
  place: ChainPlace,
  quorum: Quorum,
  owner: string,
): Promise<bigint> {
  const data = tools.tokenQuestions.allowance(owner, place.contract);
  const answer = await quorum.first("eth_call", [{ to: `0x${place.token}`, data }, "latest"]);
  if (!isQuantity(answer)) throw new ChainError("wrong token", "the token tells no allowance");
  return BigInt(answer);
}
