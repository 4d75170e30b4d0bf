import {
  type Account,
  agreedCount,
  balanceOf,
  countOf,
  latestBlock,
  suggestedTip,
} from "./chain-account.ts";
import { ChainError } from "./chain-error.ts";
import { newContract } from "./contract-call.ts";
import { type FeeMarket, type Fees, offer, outbid } from "./fees.ts";
import { formLimit, type OutboxFile, type Pending, pendingLimit } from "./outbox-file.ts";
import { type AgreedBlock, isQuantity, numberTag, type Quorum } from "./quorum.ts";
import { RpcError } from "./rpc-error.ts";

type Tools = typeof import("./chain-tools.ts");

/** What is to be sent. */
export interface Errand {
  /** Two errands of one purpose are one. */
  readonly purpose: string;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
  /** What its gas may cost in all, at most; undefined: only the hard cap counts. */
  readonly worth: bigint | undefined;
  readonly urgent: boolean;
  /** What must be left in the account when it is paid for: the reserve for disputes. */
  readonly reserve: bigint;
}

/** What became of a transaction, for good. */
export interface Outcome {
  readonly purpose: string;
  /** `replaced`: another transaction of this account took its number. */
  readonly became: "done" | "reverted" | "replaced";
  readonly hash: string | undefined;
}

/**
 * The one place where transactions of an account are numbered, signed and sent. Bytes are durable
 * before they are sent and are sent again unchanged; a higher fee is a new form under the same
 * number; a number is free only once the chain says finally that it is taken.
 */
export interface Outbox {
  readonly pending: () => readonly Pending[];
  /** Keeps and sends an errand, unless one of its purpose is on its way. @throws ChainError, RpcError */
  readonly submit: (errand: Errand) => Promise<"sent" | "on its way">;
  /** What it would cost, and whether the contract would take it: nothing is kept or sent. */
  readonly rehearse: (errand: Errand) => Promise<Rehearsal>;
  /**
   * Call it after each look: sends again, raises fees, fills gaps, forgets what is final.
   * @throws ChainError, RpcError
   */
  readonly tend: (block: AgreedBlock) => Promise<readonly Outcome[]>;
  /** Nothing is kept or sent any more: whoever takes up the file after this is alone with it. */
  readonly end: () => void;
}

/** An errand with its price, in the chain's smallest unit. */
export interface Rehearsal {
  readonly gas: bigint;
  readonly fees: Fees;
  /** What it takes from the account at most, with what comes along. */
  readonly most: bigint;
}

/** A form that is not mined after so many blocks is outbid. */
export const patience = 3n;

/** No transaction of ours needs so much gas, whatever an endpoint says. */
export const gasCeiling = 10_000_000n;

/** An account's outbox. Takes up what the file has. */
export function outbox(tools: Tools, quorum: Quorum, account: Account, file: OutboxFile): Outbox {
  const desk: Desk = { tools, quorum, account, file, pending: file.read().pending, ended: false };
  return {
    pending: () => desk.pending,
    rehearse: (errand) => rehearsal(quorum, account, errand),
    submit: (errand) => submit(desk, errand),
    tend: (block) => tend(desk, block),
    end: () => {
      desk.ended = true;
    },
  };
}

/** What an outbox works with, and what it holds. */
interface Desk {
  readonly tools: Tools;
  readonly quorum: Quorum;
  readonly account: Account;
  readonly file: OutboxFile;
  pending: readonly Pending[];
  ended: boolean;
}

/** Durable before anything of it is sent. */
function keep(desk: Desk, next: readonly Pending[]): void {
  if (desk.ended) throw new ChainError("outbox", "the session with the chain has ended");
  desk.file.write(next);
  desk.pending = next;
}

type Unsigned = Omit<Pending, "raw" | "hashes" | "fees">;

/** A transaction in one more form. */
function signed(
  { tools, account }: Desk,
  one: Unsigned,
  fees: Fees,
  hashes: readonly string[],
): Pending {
  const fields = { ...one, feeCap: fees.cap, tip: fees.tip };
  const { raw, hash } = tools.signedTransaction(account.signer, account.chainId, fields);
  return { ...one, fees, raw, hashes: [...hashes, hash] };
}

async function submit(desk: Desk, errand: Errand): Promise<"sent" | "on its way"> {
  const { quorum, account } = desk;
  const { purpose, to, value, data, urgent } = errand;
  if (desk.pending.some((one) => one.purpose === purpose)) return "on its way";
  if (desk.pending.length >= pendingLimit) {
    throw new ChainError("too many pending", `${pendingLimit} transactions are on their way`);
  }
  const { gas, fees, most } = await rehearsal(quorum, account, errand);
  await demandFunds(quorum, account, most + errand.reserve, errand);
  const { number } = await latestBlock(quorum);
  const nonce = desk.pending.reduce(
    (next, one) => (one.nonce >= next ? one.nonce + 1n : next),
    await countOf(quorum, account, "latest"),
  );
  const feeLimit = feeLimitOf(account, errand, gas);
  const unsigned = { nonce, purpose, to, value, data, gas, feeLimit, urgent, madeAt: number };
  const one = signed(desk, unsigned, fees, []);
  keep(desk, [...desk.pending, one]);
  await broadcast(quorum, one.raw);
  return "sent";
}

async function tend(desk: Desk, block: AgreedBlock): Promise<readonly Outcome[]> {
  const { quorum, account } = desk;
  if (desk.pending.length === 0) return [];
  const final = await agreedCount(quorum, account, block);
  const outcomes: Outcome[] = [];
  for (const one of desk.pending.filter(({ nonce }) => nonce < final)) {
    outcomes.push(await outcomeOf(quorum, one));
  }
  if (outcomes.length > 0) {
    keep(
      desk,
      desk.pending.filter(({ nonce }) => nonce >= final),
    );
  }
  await urge(desk);
  return outcomes;
}

/** Sends again what is not mined, with more of a fee where it waits too long; fills gaps. */
async function urge(desk: Desk): Promise<void> {
  const last = desk.pending.at(-1)?.nonce;
  if (last === undefined) return;
  const { quorum, account } = desk;
  const mined = await countOf(quorum, account, "latest");
  const { number, baseFee } = await latestBlock(quorum);
  const market = { baseFee, tip: await suggestedTip(quorum) };
  for (let nonce = mined; nonce <= last; nonce++) {
    const one = desk.pending.find((other) => other.nonce === nonce);
    if (one === undefined) {
      await fill(desk, nonce, market, number);
      continue;
    }
    const underbid = await broadcast(quorum, one.raw);
    const waited = number - one.madeAt >= patience || one.fees.cap < baseFee;
    if (underbid || waited) await raise(desk, one, market, number);
  }
}

/** A new form with a higher fee, where the limit and the number of forms allow one. */
async function raise(desk: Desk, one: Pending, market: FeeMarket, number: bigint): Promise<void> {
  const fees = outbid(one.fees, market, one.feeLimit);
  if (fees === undefined || one.hashes.length >= formLimit) return;
  const raised = signed(desk, { ...one, madeAt: number }, fees, one.hashes);
  keep(
    desk,
    desk.pending.map((other) => (other.nonce === one.nonce ? raised : other)),
  );
  await broadcast(desk.quorum, raised.raw);
}

/** Nothing, sent to ourselves, where a number of ours is missing: what comes after it would wait for ever. */
async function fill(desk: Desk, nonce: bigint, market: FeeMarket, number: bigint): Promise<void> {
  const { account } = desk;
  const fees = offer(market, account.feeCap, true);
  if (fees === undefined || desk.pending.length >= pendingLimit) return;
  const unsigned: Unsigned = {
    nonce,
    purpose: `fill ${nonce}`,
    to: `0x${account.address}`,
    value: 0n,
    data: "0x",
    gas: 21_000n,
    feeLimit: account.feeCap,
    urgent: false,
    madeAt: number,
  };
  const one = signed(desk, unsigned, fees, []);
  keep(
    desk,
    [...desk.pending, one].sort((a, b) => (a.nonce < b.nonce ? -1 : 1)),
  );
  await broadcast(desk.quorum, one.raw);
}

/** What a unit of an errand's gas may cost: the hard cap, and never more than what it is worth. */
function feeLimitOf(account: Account, { worth }: Errand, gas: bigint): bigint {
  if (worth === undefined) return account.feeCap;
  const fair = worth / gas;
  return fair < account.feeCap ? fair : account.feeCap;
}

async function rehearsal(quorum: Quorum, account: Account, errand: Errand): Promise<Rehearsal> {
  const gas = await estimate(quorum, account, errand);
  const { baseFee } = await latestBlock(quorum);
  const market = { baseFee, tip: await suggestedTip(quorum) };
  const limit = feeLimitOf(account, errand, gas);
  const fees = offer(market, limit, errand.urgent);
  if (fees === undefined) {
    throw new ChainError(
      "too dear",
      `${kindOf(errand)}: the chain asks for ${baseFee + market.tip} a unit of gas, the limit is ${limit}: wait, or raise the cap`,
    );
  }
  return { gas, fees, most: errand.value + gas * fees.cap };
}

/** What it needs by the word of an endpoint, with a third on top: states move. */
async function estimate(quorum: Quorum, account: Account, errand: Errand): Promise<bigint> {
  const { to, value, data } = errand;
  const whole = { from: `0x${account.address}`, value: numberTag(value), data };
  const words = to === newContract ? whole : { ...whole, to };
  try {
    const answer = await quorum.first("eth_estimateGas", [words]);
    if (!isQuantity(answer)) throw new RpcError("malformed", "an amount of gas is no number");
    const gas = (BigInt(answer) * 4n) / 3n;
    return gas < gasCeiling ? gas : gasCeiling;
  } catch (error) {
    if (!(error instanceof RpcError) || error.problem !== "refused") throw error;
    if (/insufficient funds|exceeds (?:the )?balance|gas required exceeds/i.test(error.message)) {
      throw notEnough(account, errand, errand.value, await balanceOf(quorum, account));
    }
    const why = error.data === undefined ? error.message : await reasonOf(error.data);
    throw new ChainError("would be refused", `${kindOf(errand)} would be refused now: ${why}`);
  }
}

async function reasonOf(data: string): Promise<string> {
  const { refusalWords } = await import("./chain-tools.ts");
  return refusalWords(data);
}

async function demandFunds(
  quorum: Quorum,
  account: Account,
  needed: bigint,
  errand: Errand,
): Promise<void> {
  const balance = await balanceOf(quorum, account);
  if (balance < needed) throw notEnough(account, errand, needed, balance);
}

function notEnough(account: Account, errand: Errand, needed: bigint, balance: bigint): ChainError {
  return new ChainError(
    "not enough funds",
    `${kindOf(errand)} needs ${needed} with its reserve, 0x${account.address} has ${balance}: send it some of the chain's coin`,
  );
}

function kindOf({ purpose }: Errand): string {
  return purpose.split(" ", 1)[0] ?? "";
}

const known = /already known|already imported|known transaction|already exists|alreadyknown/i;
const taken = /nonce (?:is )?too low|nonce has already been used|oldnonce/i;
const low = /underpriced|fee too low|max fee per gas less than block base fee|feetoolow/i;

/**
 * Sends bytes everywhere; says whether everybody wants a higher fee. Whatever else goes wrong is tried
 * again with the next look: what was sent may have arrived although its answer did not.
 */
async function broadcast(quorum: Quorum, raw: string): Promise<boolean> {
  const answers = await quorum.all("eth_sendRawTransaction", [raw]);
  let underbid = false;
  for (const answer of answers) {
    if ("result" in answer || known.test(answer.error.message)) return false;
    if (taken.test(answer.error.message)) return false;
    underbid ||= low.test(answer.error.message);
  }
  return underbid;
}

/** Which of the forms was mined: asked once the number is taken for good. */
async function outcomeOf(quorum: Quorum, one: Pending): Promise<Outcome> {
  const { purpose, hashes } = one;
  for (const hash of hashes.toReversed()) {
    const answers = await quorum.all("eth_getTransactionReceipt", [hash]);
    for (const answer of answers) {
      const status = "result" in answer ? statusOf(answer.result) : undefined;
      if (status !== undefined) {
        return { purpose, became: status === "0x1" ? "done" : "reverted", hash };
      }
    }
  }
  return { purpose, became: "replaced", hash: undefined };
}

function statusOf(receipt: unknown): unknown {
  if (typeof receipt !== "object" || receipt === null) return undefined;
  return (receipt as { readonly status?: unknown }).status;
}
