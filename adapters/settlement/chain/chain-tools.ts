import {
  type Abi,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeEventTopics,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  keccak256,
  type Log,
  numberToHex,
  serializeTransaction,
} from "viem";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import type { Signature, Signer } from "#core/identity/signature.ts";
import type { ChannelStatus } from "#core/settlement/outlook.ts";
import type { TokenUnits } from "#core/units/money.ts";
import { meshChannelsAbi } from "../contract/mesh-channels.ts";
import type { ChainPlace } from "./chain-place.ts";
import { coin } from "./chain-place.ts";
import { type ContractCall, newContract } from "./contract-call.ts";

// The one file that needs viem: imported only once a chain is used, because it costs a router's memory.

/** What the contract has stored of a channel. Addresses are 40 lower-case hexadecimal digits. */
export interface StoredChannel {
  readonly status: ChannelStatus;
  readonly a: string;
  readonly b: string;
  readonly closeAt: bigint;
  readonly deposits: readonly [TokenUnits, TokenUnits];
  /** What a signed to b as far as registered, and the reverse. */
  readonly registered: readonly [TokenUnits, TokenUnits];
  readonly withdrawn: readonly [TokenUnits, TokenUnits];
}

/** What a channel came to when it was closed: a's part first. */
export interface ClosedChannel {
  readonly settled: readonly [TokenUnits, TokenUnits];
  readonly paid: readonly [bigint, bigint];
}

/** A transaction before it is signed. Fees in the chain's smallest unit. */
export interface TransactionFields {
  readonly nonce: bigint;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
  readonly gas: bigint;
  readonly feeCap: bigint;
  readonly tip: bigint;
}

/** Where a call goes, what comes along, and its bytes. @param deposited what we have in the channel. */
export function callFields(
  place: ChainPlace,
  self: string,
  call: ContractCall,
  deposited: bigint,
): Pick<TransactionFields, "to" | "value" | "data"> {
  const contract = `0x${place.contract}`;
  switch (call.type) {
    case "fill":
      return { to: `0x${self}`, value: 0n, data: "0x" };
    case "approve": {
      const data = encoded(erc20Abi, "approve", [contract, call.amount]);
      return { to: `0x${place.token}`, value: 0n, data };
    }
    default: {
      const comes = (call.type === "open" || call.type === "setDeposit") && place.token === coin;
      const value = comes ? call.total - deposited : 0n;
      const data = encoded(meshChannelsAbi, call.type, wordsOf(place, call));
      return { to: contract, value, data };
    }
  }
}

function wordsOf(place: ChainPlace, call: ContractCall): readonly unknown[] {
  switch (call.type) {
    case "open": {
      const salt = numberToHex(call.number, { size: 32 });
      return [`0x${call.peer}`, `0x${place.token}`, Number(place.notice), salt, call.total];
    }
    case "setDeposit":
      return [`0x${call.id}`, call.total];
    case "register":
      return [`0x${call.id}`, call.cumulative, ...compact(call.signature)];
    case "withdraw":
      return [`0x${call.id}`, `0x${call.party}`, call.total, ...compact(call.signature)];
    case "startClose":
    case "finish":
      return [`0x${call.id}`];
    case "closeTogether":
      return [`0x${call.id}`, ...call.totals, ...call.signatures.flatMap(compact)];
    case "claimCredit":
      return [`0x${call.token}`, `0x${call.owner}`];
    case "approve":
    case "fill":
      return [];
  }
}

/** EIP-2098: r, and s with v in its highest bit. */
function compact(signature: Signature): readonly [Hex, Hex] {
  const vs = signature.slice(32, 64);
  if (signature[64] === 28) vs[0] = (vs[0] ?? 0) | 0x80;
  return [`0x${toHex(signature.subarray(0, 32))}`, `0x${toHex(vs)}`];
}

/** The words of `channel(id)`. */
export const channelQuestion = (id: string): string =>
  encoded(meshChannelsAbi, "channel", [`0x${id}`]);

const statuses: readonly ChannelStatus[] = ["none", "open", "closing", "closed"];

/** The answer to {@link channelQuestion}. @throws Error where it is none. */
export function readChannel(answer: string): StoredChannel {
  const stored = decodeFunctionResult({
    abi: meshChannelsAbi,
    functionName: "channel",
    data: answer as Hex,
  });
  const status = statuses[stored.status];
  if (status === undefined) throw new Error(`no status is called ${stored.status}`);
  const units = (value: bigint) => value as TokenUnits;
  return {
    status,
    a: plainAddress(stored.a),
    b: plainAddress(stored.b),
    closeAt: BigInt(stored.closeAt),
    deposits: [units(stored.depositA), units(stored.depositB)],
    registered: [units(stored.cumAB), units(stored.cumBA)],
    withdrawn: [units(stored.outA), units(stored.outB)],
  };
}

/** What logs tell of the close of a channel: the topics to ask for. */
export const closedTopics = (id: string): readonly unknown[] =>
  encodeEventTopics({ abi: meshChannelsAbi, eventName: "Closed", args: { id: `0x${id}` } });

/** A log that {@link closedTopics} found. @throws Error where it is none. */
export function readClosed(log: unknown): ClosedChannel {
  const { data, topics } = log as Log;
  const { args } = decodeEventLog({ abi: meshChannelsAbi, eventName: "Closed", data, topics });
  const { cumAB, cumBA, paidA, paidB } = args as unknown as Readonly<Record<string, bigint>>;
  return {
    settled: [cumAB as TokenUnits, cumBA as TokenUnits],
    paid: [paidA ?? 0n, paidB ?? 0n],
  };
}

/** What a contract said when it refused, in words. */
export function refusalWords(data: string): string {
  try {
    const abi = meshChannelsAbi as Abi;
    const { errorName, args } = decodeErrorResult({ abi, data: data as Hex });
    return `${errorName}(${(args ?? []).join(", ")})`;
  } catch {
    return data === "0x" ? "no reason" : data.slice(0, 74);
  }
}

/** Questions to a token (ERC-20). */
export const tokenQuestions = {
  decimals: () => encoded(erc20Abi, "decimals", []),
  allowance: (owner: string, spender: string) =>
    encoded(erc20Abi, "allowance", [`0x${owner}`, `0x${spender}`]),
} as const;

/** What our account has in a token's pull credit at the contract. */
export const creditQuestion = (token: string, owner: string): string =>
  encoded(meshChannelsAbi, "credit", [`0x${token}`, `0x${owner}`]);

/** A signed EIP-1559 transaction, and its hash. */
export function signedTransaction(
  signer: Signer,
  chainId: bigint,
  fields: TransactionFields,
): { readonly raw: string; readonly hash: string } {
  const transaction = {
    type: "eip1559",
    chainId: Number(chainId),
    nonce: Number(fields.nonce),
    ...(fields.to === newContract ? {} : { to: fields.to as Hex }),
    value: fields.value,
    data: fields.data as Hex,
    gas: fields.gas,
    maxFeePerGas: fields.feeCap,
    maxPriorityFeePerGas: fields.tip,
  } as const;
  const digest = fromHex(keccak256(serializeTransaction(transaction)).slice(2));
  const signature = signer.sign(digest);
  const raw = serializeTransaction(transaction, {
    r: `0x${toHex(signature.subarray(0, 32))}`,
    s: `0x${toHex(signature.subarray(32, 64))}`,
    yParity: (signature[64] ?? 27) - 27,
  });
  return { raw, hash: keccak256(raw) };
}

function encoded(abi: Abi, functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi, functionName, args });
}

function plainAddress(address: string): string {
  return address.slice(2).toLowerCase();
}
