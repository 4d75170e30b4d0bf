import { integers } from "#core/rules/algebra.ts";
import { isCovered } from "#core/rules/channel-rules.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import {
  type Balances,
  balances,
  type ContractCall,
  type ContractChannel,
  call,
  unopened,
} from "#core/settlement/channel-contract.ts";
import {
  type ChannelBooks,
  coverOfOurs,
  coverOfTheirs,
  mayPermitTotal,
  mostToWithdraw,
} from "#core/settlement/cover.ts";
import { type Dealings, type Final, noDealings } from "#core/settlement/dealings.ts";
import type { Outlook } from "#core/settlement/outlook.ts";
import { leftUnsettled } from "#core/settlement/own-registration.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import type { TokenUnits } from "#core/units/money.ts";

/**
 * One channel between an honest node that follows the shipped rules and an adversary who does what
 * it likes, over the contract's state machine. The honest node's view of the chain lags as long as
 * the adversary pleases; its only luck is that it hears of a close before the notice is over, and
 * can then register what it credited.
 */
export interface ClaimModel {
  chain: ContractChannel;
  now: bigint;
  /** Which party of the contract the honest node is. */
  readonly honest: "a" | "b";
  /** Whether the adversary keeps what it was paid from the contract at the end. */
  readonly withholds: boolean;
  readonly rules: HonestRules;
  books: ChannelBooks;
  /** The best voucher that the channel did not cover when it came. */
  held: bigint;
  /** All that the honest node ever signed: the adversary forgets nothing. */
  readonly vouchers: bigint[];
  readonly permits: bigint[];
  final: Final | undefined;
  /** What each party has put in, and what left the contract for it. */
  deposited: Balances;
  paid: Balances;
  /** What the log of the close says that each paid the other; nothing before it. */
  settled: Balances | undefined;
}

/** What an honest node decides by. The shipped rules, unless a defect is seeded. */
export interface HonestRules {
  /** Q1, cover: whether a voucher may be credited. */
  readonly mayCredit: (books: ChannelBooks, cumulative: bigint) => boolean;
  readonly mayPermit: (books: ChannelBooks, total: bigint) => boolean;
  /** Whether nothing is credited once the last totals are signed. */
  readonly finalIsFinal: boolean;
  /** Whether what was credited is registered when a close begins. */
  readonly registers: boolean;
  /** How much would be left to the next channel unless its own voucher is registered, too. */
  readonly leftUnsettled: (books: ChannelBooks, outlook: Outlook) => bigint;
}

/** The rules as shipped. */
export const shippedRules: HonestRules = {
  mayCredit: (books, cumulative) => isCovered(integers, cumulative, coverOfTheirs(books)),
  mayPermit: (books, total) => mayPermitTotal(books, total as TokenUnits),
  finalIsFinal: true,
  registers: true,
  leftUnsettled,
};

/** A channel that was opened with something in it, of which the honest node has heard. */
export function newClaimModel(
  honest: "a" | "b",
  rules: HonestRules,
  deposits: Balances,
  withholds: boolean,
): ClaimModel {
  const chain = { ...unopened(60n, false), status: "open" as const };
  const channel: Channel = {
    channelId: "c0".repeat(32),
    chainId: 1n,
    contract: "c0".repeat(20),
    grainsPerUnit: 1n,
    depositIn: 0n as TokenUnits,
    depositOut: 0n as TokenUnits,
    ...untouched,
    open: true,
  };
  const model: ClaimModel = {
    chain,
    now: 0n,
    honest,
    withholds,
    rules,
    books: { channel, dealings: noDealings(), signed: undefined, credited: undefined },
    held: 0n,
    vouchers: [],
    permits: [],
    final: undefined,
    deposited: { a: 0n, b: 0n },
    paid: { a: 0n, b: 0n },
    settled: undefined,
  };
  deposit(model, "a", deposits.a);
  deposit(model, "b", deposits.b);
  hear(model);
  return model;
}

type Move = (model: ClaimModel, amount: bigint, which: number) => void;

const otherOf = { a: "b", b: "a" } as const;

function deposit(model: ClaimModel, by: "a" | "b", amount: bigint): void {
  const total = units(model.deposited[by] + amount);
  act(model, { type: "setDeposit", by, total, value: 0n });
}

/** Each move as often as it should happen; those that end the game are rarer still. */
const moves: readonly Move[] = [
  pay,
  pay,
  (model, amount, which) => {
    const best = model.books.credited?.cumulative ?? 0n;
    takeVoucher(model, which % 2 === 0 ? best + amount : amount * 2n);
  },
  takeVoucher,
  hear,
  hear,
  (model, amount) => deposit(model, model.honest, amount),
  (model, amount) => deposit(model, otherOf[model.honest], amount),
  (model, _, which) => registerOurs(model, which),
  (model, amount) => {
    const signer = otherOf[model.honest];
    act(model, { type: "register", signer, cumulative: units(amount * 2n) });
  },
  registerTheirs,
  (model, amount) => permit(model, amount),
  (model, amount) => permit(model, amount + model.books.dealings.permitted),
  usePermit,
  ask,
  (model, amount, which) => {
    const party = model.honest;
    const totalOut = which % 2 === 0 ? units(amount) : model.books.dealings.asked;
    act(model, { type: "withdraw", party, signer: otherOf[party], totalOut });
  },
  (model, _, which) => (which % 4 === 0 ? end(model) : undefined),
  (model, _, which) => (which % 4 === 0 ? closeTogether(model) : undefined),
  (model, _, which) => {
    if (which % 8 === 0) startClose(model, which % 16 === 0 ? "a" : "b");
  },
  (model, _, which) => {
    if (which % 4 === 0 && model.chain.status === "closing") finish(model);
  },
];

/**
 * One move, which a number says: which one, how much, and which of several. What cannot be done is
 * not done.
 */
export function happen(model: ClaimModel, number: number): void {
  const move = moves[number % moves.length];
  const rest = Math.floor(number / moves.length);
  move?.(model, BigInt(rest % 32), Math.floor(rest / 32));
}

/** The adversary ends it, if it is still open: with the honest node's consent where it has that. */
export function settle(model: ClaimModel): void {
  closeTogether(model);
  if (model.chain.status === "open") startClose(model, otherOf[model.honest]);
  if (model.chain.status === "closing") finish(model);
}

/** What is wrong, in words; nothing where all is well. */
export function complaint(model: ClaimModel): string | undefined {
  const { honest, books, chain, deposited, paid } = model;
  const { a, b } = balances(chain);
  if (a < 0n || b < 0n) return `a balance below nothing: ${a} and ${b}`;
  if (paid.a + paid.b + a + b !== deposited.a + deposited.b) return "money came or went";
  if (model.settled === undefined) return undefined;
  // Channels after this one go on from what the log says: it must be what was paid, to the unit.
  const got = model.settled[otherOf[honest]] - model.settled[honest];
  if (paid[honest] - deposited[honest] !== got) return "the log says other than what was paid";
  const { credited, signed } = books;
  const due = deposited[honest] + (credited?.cumulative ?? 0n) - (signed?.cumulative ?? 0n);
  if (paid[honest] < due) return `the honest node got ${paid[honest]} of ${due}`;
  const left = (credited?.cumulative ?? 0n) - model.settled[otherOf[honest]];
  return left > 0n ? `${left} that it credited are left to the next channel` : undefined;
}

/** Something reaches the contract; what it refuses changes nothing. */
function act(model: ClaimModel, what: ContractCall): void {
  const answer = call(model.chain, what, model.now);
  if ("error" in answer) return;
  const { status, depositA, depositB } = answer.channel;
  if (status !== "closed") model.deposited = { a: depositA, b: depositB };
  model.chain = answer.channel;
  const closed = answer.events.find((event) => event.type === "Closed");
  if (closed !== undefined) model.settled = { a: closed.cumAB, b: closed.cumBA };
  model.paid = { a: model.paid.a + answer.paid.a, b: model.paid.b + answer.paid.b };
}

/** The honest node pays, as far as the channel covers it (P3). */
function pay(model: ClaimModel, amount: bigint): void {
  const { books } = model;
  if (!books.channel.open || books.dealings.ending) return;
  const before = books.signed?.cumulative ?? 0n;
  const most = coverOfOurs(books);
  const cumulative = before + amount < most ? before + amount : most;
  if (cumulative <= before) return;
  model.books = { ...books, signed: voucher(cumulative) };
  model.vouchers.push(cumulative);
}

/** A voucher of the adversary comes (Q1). */
function takeVoucher(model: ClaimModel, cumulative: bigint): void {
  const { books, rules } = model;
  if (!books.channel.open || cumulative <= (books.credited?.cumulative ?? 0n)) return;
  if (rules.finalIsFinal && books.dealings.final !== undefined) return;
  if (rules.mayCredit(books, cumulative)) {
    model.books = { ...books, credited: voucher(cumulative) };
  } else if (cumulative > model.held) model.held = cumulative;
}

/** The honest node hears what the chain says now, and credits what it can by that. */
function hear(model: ClaimModel): void {
  const { books, chain, honest } = model;
  if (chain.status === "closed") return;
  const isA = honest === "a";
  const channel: Channel = {
    ...books.channel,
    depositOut: isA ? chain.depositA : chain.depositB,
    depositIn: isA ? chain.depositB : chain.depositA,
    withdrawnOut: isA ? chain.outA : chain.outB,
    withdrawnIn: isA ? chain.outB : chain.outA,
    open: chain.status === "open",
  };
  model.books = { ...books, channel };
  takeVoucher(model, model.held);
}

/** Somebody registers what the honest node signed: any of it, -1 for the most. */
function registerOurs(model: ClaimModel, which: number): void {
  const cumulative = model.vouchers.at(which < 0 ? which : which % (model.vouchers.length || 1));
  if (cumulative === undefined) return;
  act(model, { type: "register", signer: model.honest, cumulative: units(cumulative) });
}

/** The honest node registers what it credited. */
function registerTheirs(model: ClaimModel): void {
  const { credited } = model.books;
  if (credited === undefined) return;
  const signer = otherOf[model.honest];
  act(model, { type: "register", signer, cumulative: credited.cumulative });
}

/** The adversary asks to take out so much, in all. */
function permit(model: ClaimModel, total: bigint): void {
  const { books, rules } = model;
  if (!books.channel.open || total <= books.dealings.permitted) return;
  if (!rules.mayPermit(books, total)) return;
  deal(model, { permitted: units(total) });
  model.permits.push(total);
}

/** The adversary takes out what it is permitted, newly or of old. */
function usePermit(model: ClaimModel, _: bigint, which: number): void {
  const totalOut = model.permits[which % (model.permits.length || 1)];
  if (totalOut === undefined) return;
  const party = otherOf[model.honest];
  act(model, { type: "withdraw", party, signer: model.honest, totalOut: units(totalOut) });
}

/** The honest node asks for what is free, or less. */
function ask(model: ClaimModel, amount: bigint): void {
  const { books } = model;
  const most = mostToWithdraw(books);
  const total = amount < most ? amount : most;
  if (!books.channel.open || total <= books.dealings.asked) return;
  deal(model, { asked: units(total) });
}

/** It is to be closed together: first no more is signed, then the totals are. */
function end(model: ClaimModel): void {
  const { books } = model;
  if (!books.channel.open || books.dealings.final !== undefined) return;
  if (!books.dealings.ending) return deal(model, { ending: true });
  const final: Final = {
    out: books.signed?.cumulative ?? units(0n),
    in: books.credited?.cumulative ?? units(0n),
  };
  model.final = final;
  deal(model, { final });
}

/** The adversary has signed the same totals, and brings both signatures. */
function closeTogether(model: ClaimModel): void {
  const { final, honest } = model;
  if (final === undefined) return;
  const [cumAB, cumBA] = honest === "a" ? [final.out, final.in] : [final.in, final.out];
  act(model, { type: "closeTogether", signers: ["a", "b"], cumAB, cumBA });
}

function startClose(model: ClaimModel, by: "a" | "b"): void {
  act(model, { type: "startClose", by });
}

/** Within the notice the honest node hears of the close; the adversary registers last. */
function finish(model: ClaimModel): void {
  hear(model);
  if (model.rules.registers) registerTheirs(model);
  if (model.rules.leftUnsettled(model.books, outlookOf(model)) > 0n) registerOurs(model, -1);
  if (!model.withholds) registerOurs(model, -1);
  model.now = model.chain.closeAt;
  act(model, { type: "finish" });
}

function outlookOf({ chain, honest }: ClaimModel): Outlook {
  const { status, closeAt, cumAB, cumBA } = chain;
  const [registeredOut, registeredIn] = honest === "a" ? [cumAB, cumBA] : [cumBA, cumAB];
  return { status, closeAt, registeredIn, registeredOut };
}

function deal(model: ClaimModel, change: Partial<Dealings>): void {
  const { books } = model;
  model.books = { ...books, dealings: { ...books.dealings, ...change } };
}

function voucher(cumulative: bigint): Voucher {
  return { totals: [], cumulative: units(cumulative), signature: noSignature };
}

const noSignature = new Uint8Array(65);

function units(value: bigint): TokenUnits {
  return value as TokenUnits;
}
