import { integers } from "#core/rules/algebra.ts";
import { countedTotals, partsOf } from "#core/rules/contract-rules.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import type { ChannelStatus } from "./outlook.ts";

/**
 * What the contract does with one channel, as a pure function: {@link call} says for every state and
 * call what MeshChannels.sol does with them, so that a node can tell what a transaction would do
 * before it pays for one, and a model can play all games there are. A test holds the two against
 * each other on a real chain: the same acceptances, errors, events and payouts.
 *
 * All amounts are totals in units of the token; time is the chain's, in seconds, and an argument.
 * Who signed and who sent is found out before: {@link Who}. What a payout meets at its receiver is
 * the token's and the receiver's affair: what is not taken becomes credit of the same amount.
 */
export interface ContractChannel {
  readonly status: ChannelStatus;
  /** Ether comes with the call; a token is fetched by the contract. */
  readonly inEther: boolean;
  /** Seconds from the begin of a close to its end. */
  readonly notice: bigint;
  /** Chain time from which anybody may finish; 0 unless closing. */
  readonly closeAt: bigint;
  readonly depositA: TokenUnits;
  readonly depositB: TokenUnits;
  /** What a has signed to b, as far as it was registered, and the reverse. */
  readonly cumAB: TokenUnits;
  readonly cumBA: TokenUnits;
  /** What each has taken out. */
  readonly outA: TokenUnits;
  readonly outB: TokenUnits;
}

/** One of the two parties, a having the smaller address, or anybody else. */
export type Who = "a" | "b" | "other";

/** A call that reached the contract, with what it makes of its signatures and its sender. */
export type ContractCall =
  | {
      readonly type: "open";
      readonly by: "a" | "b";
      readonly total: TokenUnits;
      readonly value: bigint;
    }
  | {
      readonly type: "setDeposit";
      readonly by: Who;
      readonly total: TokenUnits;
      readonly value: bigint;
    }
  | { readonly type: "register"; readonly signer: Who; readonly cumulative: TokenUnits }
  | {
      readonly type: "withdraw";
      readonly party: Who;
      readonly signer: Who;
      readonly totalOut: TokenUnits;
    }
  | { readonly type: "startClose"; readonly by: Who }
  | { readonly type: "finish" }
  | {
      readonly type: "closeTogether";
      readonly signers: readonly [Who, Who];
      readonly cumAB: TokenUnits;
      readonly cumBA: TokenUnits;
    };

/** What the contract writes into its log: totals, so that what is read twice changes nothing. */
export type ContractEvent =
  | { readonly type: "Opened"; readonly notice: bigint }
  | { readonly type: "Deposited"; readonly party: "a" | "b"; readonly total: TokenUnits }
  | { readonly type: "Registered"; readonly payer: "a" | "b"; readonly cumulative: TokenUnits }
  | { readonly type: "Withdrawn"; readonly party: "a" | "b"; readonly totalOut: TokenUnits }
  | { readonly type: "CloseStarted"; readonly by: "a" | "b"; readonly closeAt: bigint }
  /** The totals as far as they were paid: see {@link countedTotals}. */
  | {
      readonly type: "Closed";
      readonly cumAB: TokenUnits;
      readonly cumBA: TokenUnits;
      readonly paidA: bigint;
      readonly paidB: bigint;
    };

/** The contract's errors, by its names and with its arguments; nothing changed. */
export type ContractRefusal =
  | { readonly error: "NoticeOutOfRange"; readonly found: bigint; readonly limit: bigint }
  | { readonly error: "WrongStatus"; readonly found: ChannelStatus }
  | { readonly error: "NotAParty" }
  | { readonly error: "WrongSigner"; readonly found: Who; readonly expected: "a" | "b" }
  | { readonly error: "DepositNotAbove"; readonly found: bigint; readonly deposited: bigint }
  | { readonly error: "WrongValue"; readonly found: bigint; readonly expected: bigint }
  | { readonly error: "BeyondBalance"; readonly found: bigint; readonly balance: bigint }
  | { readonly error: "TooEarly"; readonly closeAt: bigint }
  /** No amount that the contract can read: it takes 128 bits. */
  | { readonly error: "NoAmount"; readonly found: bigint };

/** A call that counted: no event means that it was stale and changed nothing. */
export interface ContractTurn {
  readonly channel: ContractChannel;
  readonly events: readonly ContractEvent[];
  /** What left the channel for each party. */
  readonly paid: Balances;
}

/** What belongs to each party. */
export interface Balances {
  readonly a: bigint;
  readonly b: bigint;
}

/** The longest notice, in seconds: 30 days. */
export const noticeLimit = 2_592_000n;

const none = 0n as TokenUnits;
const nothing: Balances = { a: 0n, b: 0n };

/** A channel that nobody has opened, on the terms that its id stands for. */
export function unopened(notice: bigint, inEther: boolean): ContractChannel {
  return {
    status: "none",
    inEther,
    notice,
    closeAt: 0n,
    depositA: none,
    depositB: none,
    cumAB: none,
    cumBA: none,
    outA: none,
    outB: none,
  };
}

/** What the contract does with a call at a moment of chain time. Total: what it refuses is a value. */
export function call(
  channel: ContractChannel,
  what: ContractCall,
  now: bigint,
): ContractTurn | ContractRefusal {
  const unreadable = amountsOf(what).find((one) => one < 0n || one > tokenUnitsLimit);
  if (unreadable !== undefined) return { error: "NoAmount", found: unreadable };
  switch (what.type) {
    case "open":
      return open(channel, what);
    case "setDeposit":
      if (channel.status !== "open") return wrongStatus(channel);
      if (what.by === "other") return { error: "NotAParty" };
      return deposit(channel, what.by, what.total, what.value);
    case "register":
      return register(channel, what.signer, what.cumulative);
    case "withdraw":
      return withdraw(channel, what);
    case "startClose":
      return startClose(channel, what.by, now);
    case "finish":
      if (channel.status !== "closing") return wrongStatus(channel);
      if (now < channel.closeAt) return { error: "TooEarly", closeAt: channel.closeAt };
      return close(channel);
    case "closeTogether":
      return closeTogether(channel, what);
  }
}

/** What each party would get if the channel were closed now: never less than nothing. */
export function balances(channel: ContractChannel): Balances {
  return partsOf(integers, channel);
}

function amountsOf(what: ContractCall): readonly bigint[] {
  switch (what.type) {
    case "open":
    case "setDeposit":
      return [what.total];
    case "register":
      return [what.cumulative];
    case "withdraw":
      return [what.totalOut];
    case "closeTogether":
      return [what.cumAB, what.cumBA];
    case "startClose":
    case "finish":
      return [];
  }
}

type CallOf<T extends ContractCall["type"]> = Extract<ContractCall, { readonly type: T }>;

function open(channel: ContractChannel, what: CallOf<"open">): ContractTurn | ContractRefusal {
  const { notice } = channel;
  if (notice < 1n || notice > noticeLimit) {
    return { error: "NoticeOutOfRange", found: notice, limit: noticeLimit };
  }
  if (channel.status !== "none") return wrongStatus(channel);
  const opened = turn({ ...channel, status: "open" }, { type: "Opened", notice });
  if (what.total === 0n) {
    return what.value === 0n ? opened : { error: "WrongValue", found: what.value, expected: 0n };
  }
  const deposited = deposit(opened.channel, what.by, what.total, what.value);
  if ("error" in deposited) return deposited;
  return { ...deposited, events: [...opened.events, ...deposited.events] };
}

function deposit(
  channel: ContractChannel,
  party: "a" | "b",
  total: TokenUnits,
  value: bigint,
): ContractTurn | ContractRefusal {
  const before = party === "a" ? channel.depositA : channel.depositB;
  if (total <= before) return { error: "DepositNotAbove", found: total, deposited: before };
  const expected = channel.inEther ? total - before : 0n;
  if (value !== expected) return { error: "WrongValue", found: value, expected };
  const change = party === "a" ? { depositA: total } : { depositB: total };
  return turn({ ...channel, ...change }, { type: "Deposited", party, total });
}

function register(
  channel: ContractChannel,
  payer: Who,
  cumulative: TokenUnits,
): ContractTurn | ContractRefusal {
  if (!isUnclosed(channel)) return wrongStatus(channel);
  if (payer === "other") return { error: "NotAParty" };
  if (cumulative <= (payer === "a" ? channel.cumAB : channel.cumBA)) return turn(channel);
  const change = payer === "a" ? { cumAB: cumulative } : { cumBA: cumulative };
  return turn({ ...channel, ...change }, { type: "Registered", payer, cumulative });
}

function withdraw(
  channel: ContractChannel,
  { party, signer, totalOut }: CallOf<"withdraw">,
): ContractTurn | ContractRefusal {
  if (!isUnclosed(channel)) return wrongStatus(channel);
  if (party === "other") return { error: "NotAParty" };
  const expected = party === "a" ? "b" : "a";
  if (signer !== expected) return { error: "WrongSigner", found: signer, expected };
  const before = party === "a" ? channel.outA : channel.outB;
  if (totalOut <= before) return turn(channel);
  const [amount, balance] = [totalOut - before, balances(channel)[party]];
  if (amount > balance) return { error: "BeyondBalance", found: amount, balance };
  const change = party === "a" ? { outA: totalOut } : { outB: totalOut };
  const done = turn({ ...channel, ...change }, { type: "Withdrawn", party, totalOut });
  return { ...done, paid: { ...nothing, [party]: amount } };
}

function startClose(
  channel: ContractChannel,
  by: Who,
  now: bigint,
): ContractTurn | ContractRefusal {
  if (channel.status !== "open") return wrongStatus(channel);
  if (by === "other") return { error: "NotAParty" };
  const closeAt = now + channel.notice;
  return turn({ ...channel, status: "closing", closeAt }, { type: "CloseStarted", by, closeAt });
}

function closeTogether(
  channel: ContractChannel,
  { signers, cumAB, cumBA }: CallOf<"closeTogether">,
): ContractTurn | ContractRefusal {
  if (!isUnclosed(channel)) return wrongStatus(channel);
  const [first, second] = signers;
  if (first !== "a") return { error: "WrongSigner", found: first, expected: "a" };
  if (second !== "b") return { error: "WrongSigner", found: second, expected: "b" };
  return close({
    ...channel,
    cumAB: cumAB > channel.cumAB ? cumAB : channel.cumAB,
    cumBA: cumBA > channel.cumBA ? cumBA : channel.cumBA,
  });
}

/** For ever: a closed channel remembers that it was, and nothing else. */
function close(channel: ContractChannel): ContractTurn {
  const paid = balances(channel);
  const totals = countedTotals(integers, channel);
  const [cumAB, cumBA] = [totals.cumAB as TokenUnits, totals.cumBA as TokenUnits];
  const { notice, inEther } = channel;
  const tombstone: ContractChannel = { ...unopened(notice, inEther), status: "closed" };
  const event = { type: "Closed", cumAB, cumBA, paidA: paid.a, paidB: paid.b } as const;
  return { ...turn(tombstone, event), paid };
}

function turn(channel: ContractChannel, ...events: readonly ContractEvent[]): ContractTurn {
  return { channel, events, paid: nothing };
}

function isUnclosed({ status }: ContractChannel): boolean {
  return status === "open" || status === "closing";
}

function wrongStatus({ status }: ContractChannel): ContractRefusal {
  return { error: "WrongStatus", found: status };
}
