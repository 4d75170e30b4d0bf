import type { Signature } from "#core/identity/signature.ts";
import type { TokenUnits } from "#core/units/money.ts";
import { type ChannelBooks, freePart } from "./cover.ts";
import type { Final, Permit } from "./dealings.ts";
import type { Outlook } from "./outlook.ts";
import { leftUnsettled } from "./own-registration.ts";
import type { Voucher } from "./voucher.ts";

/** What an operator wants of a channel. Amounts of zero switch off what they are for. */
export interface SettlementPolicy {
  /** A channel is opened with so much of ours, and topped up to so much that is free. */
  readonly deposit: TokenUnits;
  /** A person asked that so much of ours is deposited in the channel in use, in all. */
  readonly deposited: TokenUnits;
  /** It is topped up when less than this is free: deposited or earned, and not signed away. */
  readonly topUpBelow: TokenUnits;
  /** So much of ours stays in the channel at most; what is beyond is asked back. 0 is no limit. */
  readonly mostHeld: TokenUnits;
  /** The neighbour's vouchers are registered when the contract lacks more than this of them. */
  readonly registerAbove: TokenUnits;
  /** Whether another channel is opened where one was before: a person must want that. */
  readonly reopen: boolean;
  readonly wanted: "open" | "closed together" | "closed alone";
}

/** What depends on a step. */
interface Stakes {
  /** Units that are lost, or stay where they are, if this is not done. */
  readonly atStake: TokenUnits;
  /** A deadline of the contract runs: any fee up to the hard cap is worth it. */
  readonly urgent: boolean;
}

/** Something to do where the channel lies. Each names totals: done twice, it is done once. */
export type ChannelStep = (
  | { readonly type: "Open"; readonly deposit: TokenUnits }
  | { readonly type: "Deposit"; readonly total: TokenUnits }
  | { readonly type: "Register"; readonly voucher: Voucher }
  /** Our own voucher, which the neighbour keeps from the contract: see `leftUnsettled`. */
  | { readonly type: "RegisterOurs"; readonly voucher: Voucher }
  | { readonly type: "Withdraw"; readonly permit: Permit }
  | { readonly type: "StartClose" }
  | { readonly type: "CloseTogether"; readonly final: Final; readonly theirs: Signature }
  | { readonly type: "Finish" }
) &
  Stakes;

/** Something that the neighbour has to sign first. */
export type AskingStep = (
  | { readonly type: "AskPermit"; readonly total: TokenUnits }
  | { readonly type: "AskToEnd" }
) &
  Stakes;

/** What to do next about a channel. */
export type SettlementStep = ChannelStep | AskingStep;

const none = 0n as TokenUnits;

/**
 * What to do next about the channel with a neighbour, if anything: pure, from facts and books alone.
 * Closing comes before earning, earning before spending, so that whatever else happens what was
 * credited is registered before a close ends (the claim theorem's condition).
 * @param books nothing where no channel is known yet.
 * @param now the chain's time in seconds.
 */
export function planSettlement(
  books: ChannelBooks | undefined,
  outlook: Outlook,
  policy: SettlementPolicy,
  now: bigint,
): SettlementStep | undefined {
  if (outlook.status === "closed") return undefined;
  if (outlook.status === "none" || books === undefined) {
    return opening(outlook, policy, books === undefined);
  }
  if (outlook.status === "closing") return duringNotice(books, outlook, now);
  return (
    ending(books, outlook, policy) ?? earning(books, outlook, policy) ?? spending(books, policy)
  );
}

function opening(
  outlook: Outlook,
  policy: SettlementPolicy,
  first: boolean,
): SettlementStep | undefined {
  if (outlook.status !== "none" || policy.wanted !== "open" || policy.deposit === none) {
    return undefined;
  }
  if (!first && !policy.reopen) return undefined;
  const deposit = atMost(policy.deposit, policy.mostHeld);
  return { type: "Open", deposit, atStake: deposit, urgent: false };
}

/** The notice runs: our best voucher first, then the end. */
function duringNotice(
  books: ChannelBooks,
  outlook: Outlook,
  now: bigint,
): SettlementStep | undefined {
  const register = registering(books, outlook, true) ?? registeringOurs(books, outlook);
  if (register !== undefined) return register;
  const together = closingTogether(books);
  if (together !== undefined) return together;
  if (now < outlook.closeAt) return undefined;
  return { type: "Finish", atStake: freePart(books), urgent: false };
}

/** What an operator began: with the neighbour's signature at once, without it by notice. */
function ending(
  books: ChannelBooks,
  outlook: Outlook,
  { wanted }: SettlementPolicy,
): SettlementStep | undefined {
  const together = closingTogether(books);
  if (together !== undefined || wanted === "open") return together;
  if (wanted === "closed together") {
    if (books.dealings.ending) return undefined;
    return { type: "AskToEnd", atStake: freePart(books), urgent: false };
  }
  // Registered first: what is due then lies in the contract, whatever becomes of this node.
  return (
    registering(books, outlook, false) ?? {
      type: "StartClose",
      atStake: freePart(books),
      urgent: false,
    }
  );
}

function closingTogether(books: ChannelBooks): SettlementStep | undefined {
  const { final, finalTaken } = books.dealings;
  if (final === undefined || finalTaken === undefined) return undefined;
  return {
    type: "CloseTogether",
    final,
    theirs: finalTaken,
    atStake: freePart(books),
    urgent: false,
  };
}

function earning(
  books: ChannelBooks,
  outlook: Outlook,
  policy: SettlementPolicy,
): SettlementStep | undefined {
  const { permit } = books.dealings;
  const { withdrawnOut } = books.channel;
  if (permit !== undefined && permit.total > withdrawnOut) {
    const atStake = (permit.total - withdrawnOut) as TokenUnits;
    return { type: "Withdraw", permit, atStake, urgent: false };
  }
  const register = registering(books, outlook, false);
  if (policy.registerAbove === none || register === undefined) return undefined;
  return register.atStake > policy.registerAbove ? register : undefined;
}

/** Of the vouchers that the neighbour signed the one that says most. The contract pays what it holds. */
function registering(
  { credited, held }: ChannelBooks,
  { registeredIn }: Outlook,
  urgent: boolean,
): SettlementStep | undefined {
  const best = (held?.cumulative ?? none) > (credited?.cumulative ?? none) ? held : credited;
  if (best === undefined || best.cumulative <= registeredIn) return undefined;
  const atStake = (best.cumulative - registeredIn) as TokenUnits;
  return { type: "Register", voucher: best, atStake, urgent };
}

/** Lest what we credited be cut, and claimed again on another channel. */
function registeringOurs(books: ChannelBooks, outlook: Outlook): SettlementStep | undefined {
  const left = leftUnsettled(books, outlook);
  if (left === 0n || books.signed === undefined) return undefined;
  const atStake = left as TokenUnits;
  return { type: "RegisterOurs", voucher: books.signed, atStake, urgent: true };
}

function spending(books: ChannelBooks, policy: SettlementPolicy): SettlementStep | undefined {
  const { channel, dealings } = books;
  if (dealings.ending || policy.wanted !== "open") return undefined;
  const free = freePart(books);
  const wanted = atMost(policy.deposit, policy.mostHeld);
  if (channel.depositOut < policy.deposited) {
    const atStake = (policy.deposited - channel.depositOut) as TokenUnits;
    return { type: "Deposit", total: policy.deposited, atStake, urgent: false };
  }
  // A channel that the neighbour opened has nothing of ours yet.
  const low = channel.depositOut === none || free < policy.topUpBelow;
  if (low && free < wanted) {
    const more = wanted - free;
    const total = (channel.depositOut + more) as TokenUnits;
    return { type: "Deposit", total, atStake: more as TokenUnits, urgent: false };
  }
  if (policy.mostHeld === none || free <= policy.mostHeld) return undefined;
  const taken = dealings.asked > channel.withdrawnOut ? dealings.asked : channel.withdrawnOut;
  const beyond = (free - wanted) as TokenUnits;
  if (beyond === none || dealings.asked > (dealings.permit?.total ?? none)) return undefined;
  const total = (taken + beyond) as TokenUnits;
  return { type: "AskPermit", total, atStake: beyond, urgent: false };
}

/** @param limit 0 is none. */
function atMost(amount: TokenUnits, limit: TokenUnits): TokenUnits {
  return limit !== none && amount > limit ? limit : amount;
}
