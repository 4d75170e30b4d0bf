import { type Hex, zeroAddress } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { meshChannelsAbi } from "#adapters/settlement/contract/mesh-channels.ts";
import {
  type ContractCall,
  type ContractChannel,
  call,
  unopened,
  type Who,
} from "#core/settlement/channel-contract.ts";
import { type ContractLab, idOf, type Outcome, type Terms, type Told } from "./contract-lab.ts";
import { signedFinal, signedVoucher, signedWithdraw } from "./signed-text.ts";

/** A channel that is led twice: by the contract on a chain, and by core's state machine. */
export interface ContractTwin {
  /** The state, as the model has it. */
  readonly channel: () => ContractChannel;
  /** Does the same on both sides. @returns what each of them says, in the same words */
  readonly both: (what: ContractCall) => Promise<readonly [chain: Account, model: Account]>;
}

/** What one side says after a call. */
export interface Account {
  /** The events, or the error. */
  readonly answer: readonly object[] | object;
  readonly channel: ContractChannel;
  /** What left the contract and what came, as one number: tokens or ether. */
  readonly moved: bigint;
}

type Cast = Readonly<Record<Who, PrivateKeyAccount>>;

/** A channel on terms that nobody used, not opened yet. */
export async function contractTwin(lab: ContractLab, terms: Terms): Promise<ContractTwin> {
  const cast: Cast = { a: lab.a, b: lab.b, other: lab.stranger };
  const id = await idOf(lab, terms);
  const held = async (): Promise<bigint> => {
    if (terms.token === zeroAddress) return lab.balance(lab.contract);
    return (await lab.read(terms.token, balanceAbi, "balanceOf", [lab.contract])) as bigint;
  };
  let model = unopened(BigInt(terms.notice), terms.token === zeroAddress);
  const both = async (what: ContractCall) => {
    const before = await held();
    const outcome = await sent(lab, cast, terms, id, what);
    const answer = outcome.done
      ? outcome.events.map((event) => told(cast, event))
      : refused(cast, outcome);
    const chain = { answer, channel: await stored(lab, id, model), moved: (await held()) - before };

    const turn = call(model, what, await chainTime(lab));
    if ("error" in turn) return [chain, { answer: turn, channel: model, moved: 0n }] as const;
    const moved = turn.events.some(({ type }) => type === "Deposited")
      ? depositsOf(turn.channel) - depositsOf(model)
      : -turn.paid.a - turn.paid.b;
    model = turn.channel;
    return [chain, { answer: turn.events, channel: model, moved }] as const;
  };
  return { channel: () => model, both };
}

const balanceAbi = [
  {
    type: "function",
    name: "balanceOf",
    stateMutability: "view",
    inputs: [{ name: "owner", type: "address" }],
    outputs: [{ name: "", type: "uint256" }],
  },
] as const;

const depositsOf = ({ depositA, depositB }: ContractChannel): bigint => depositA + depositB;

async function chainTime(lab: ContractLab): Promise<bigint> {
  const block = await lab.rpc("eth_getBlockByNumber", "latest", false);
  return BigInt((block as { readonly timestamp: Hex }).timestamp);
}

/** The call as a transaction, with the signatures that it is said to have. */
async function sent(
  lab: ContractLab,
  cast: Cast,
  terms: Terms,
  channelId: Hex,
  what: ContractCall,
): Promise<Outcome> {
  const bringer = cast.other.address;
  switch (what.type) {
    case "open": {
      const peer = cast[what.by === "a" ? "b" : "a"].address;
      const words = [peer, terms.token, terms.notice, terms.salt, what.total] as const;
      return lab.send(cast[what.by].address, "open", words, what);
    }
    case "setDeposit":
      return lab.send(cast[what.by].address, "setDeposit", [channelId, what.total], what);
    case "register": {
      const { cumulative } = what;
      const signature = await signedVoucher(cast[what.signer], lab, { channelId, cumulative });
      return lab.send(bringer, "register", [channelId, cumulative, ...signature]);
    }
    case "withdraw": {
      const [party, { totalOut }] = [cast[what.party].address, what];
      const permit = { channelId, party, totalOut };
      const signature = await signedWithdraw(cast[what.signer], lab, permit);
      return lab.send(bringer, "withdraw", [channelId, party, totalOut, ...signature]);
    }
    case "startClose":
      return lab.send(cast[what.by].address, "startClose", [channelId]);
    case "finish":
      return lab.send(bringer, "finish", [channelId]);
    case "closeTogether": {
      const last = { channelId, cumAB: what.cumAB, cumBA: what.cumBA };
      const [rA, vsA] = await signedFinal(cast[what.signers[0]], lab, last);
      const [rB, vsB] = await signedFinal(cast[what.signers[1]], lab, last);
      const words = [channelId, last.cumAB, last.cumBA, rA, vsA, rB, vsB] as const;
      return lab.send(bringer, "closeTogether", words);
    }
  }
}

const statuses = ["none", "open", "closing", "closed"] as const;

/** What the chain stores of the channel; what it does not store is as in the model. */
async function stored(lab: ContractLab, id: Hex, model: ContractChannel): Promise<ContractChannel> {
  const found = (await lab.read(lab.contract, meshChannelsAbi, "channel", [id])) as Omit<
    ContractChannel,
    "status" | "notice" | "closeAt" | "inEther"
  > & { readonly status: number; readonly notice: number; readonly closeAt: number };
  const { depositA, depositB, cumAB, cumBA, outA, outB } = found;
  const status = statuses[found.status] ?? "none";
  const notice = status === "none" || status === "closed" ? model.notice : BigInt(found.notice);
  const closeAt = BigInt(found.closeAt);
  const totals = { depositA, depositB, cumAB, cumBA, outA, outB };
  return { status, inEther: model.inEther, notice, closeAt, ...totals };
}

function whoIs(cast: Cast, address: unknown): Who {
  return address === cast.a.address ? "a" : address === cast.b.address ? "b" : "other";
}

/** An event in the model's words. */
function told(cast: Cast, { eventName: type, args }: Told): object {
  const { party, payer, by, notice, total, cumulative, totalOut, closeAt, ...rest } = args;
  switch (type) {
    case "Opened":
      return { type, notice: BigInt(notice as number) };
    case "Deposited":
      return { type, party: whoIs(cast, party), total };
    case "Registered":
      return { type, payer: whoIs(cast, payer), cumulative };
    case "Withdrawn":
      return { type, party: whoIs(cast, party), totalOut };
    case "CloseStarted":
      return { type, by: whoIs(cast, by), closeAt: BigInt(closeAt as number) };
    default: {
      const { id: _, ...amounts } = rest;
      return { type, ...amounts };
    }
  }
}

/** An error in the model's words. */
function refused(cast: Cast, outcome: Outcome & { readonly done: false }): object {
  const { error, args } = outcome;
  const [first, second] = args;
  switch (error) {
    case "WrongStatus":
      return { error, found: statuses[first as number] };
    case "WrongSigner":
      return { error, found: whoIs(cast, first), expected: whoIs(cast, second) };
    case "NoticeOutOfRange":
      return { error, found: BigInt(first as number), limit: BigInt(second as number) };
    case "DepositNotAbove":
      return { error, found: first, deposited: second };
    case "WrongValue":
      return { error, found: first, expected: second };
    case "BeyondBalance":
      return { error, found: first, balance: second };
    case "TooEarly":
      return { error, closeAt: BigInt(first as number) };
    default:
      return { error };
  }
}
