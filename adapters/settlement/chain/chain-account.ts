import type { Signer } from "#core/identity/signature.ts";
import { type AgreedBlock, isQuantity, numberTag, type Quorum, readBlock } from "./quorum.ts";
import { RpcError } from "./rpc-error.ts";

/** An account on a chain. */
export interface Account {
  readonly chainId: bigint;
  /** 40 hexadecimal digits. */
  readonly address: string;
  readonly signer: Signer;
  /** What a unit of gas may cost at most. */
  readonly feeCap: bigint;
}

/** What the account has, in the chain's smallest unit, as far as one endpoint knows. */
export async function balanceOf(quorum: Quorum, account: Account): Promise<bigint> {
  return quantity(await quorum.first("eth_getBalance", [`0x${account.address}`, "latest"]));
}

/** How many transactions of the account are mined: the most that any endpoint knows of. */
export async function countOf(quorum: Quorum, account: Account, tag: string): Promise<bigint> {
  const answers = await quorum.all("eth_getTransactionCount", [`0x${account.address}`, tag]);
  let most: bigint | undefined;
  let failure = new RpcError("unreachable", "no endpoint is configured");
  for (const answer of answers) {
    if ("error" in answer) failure = answer.error;
    else if (isQuantity(answer.result)) {
      const count = BigInt(answer.result);
      if (most === undefined || count > most) most = count;
    }
  }
  if (most === undefined) throw failure;
  return most;
}

/** How many of its transactions are mined at a block that is final. @throws ChainError */
export async function agreedCount(
  quorum: Quorum,
  account: Account,
  block: AgreedBlock,
): Promise<bigint> {
  const words = [`0x${account.address}`, numberTag(block.number)];
  return quantity(await quorum.agreed(block, "eth_getTransactionCount", words));
}

/** The newest block by the word of one endpoint. @throws RpcError */
export async function latestBlock(quorum: Quorum) {
  return readBlock("an endpoint", await quorum.first("eth_getBlockByNumber", ["latest", false]));
}

/** Used where an endpoint suggests none, as old ones do: one gwei. */
const usualTip = 1_000_000_000n;

/** What endpoints suggest to offer on top of the base fee. */
export async function suggestedTip(quorum: Quorum): Promise<bigint> {
  try {
    return quantity(await quorum.first("eth_maxPriorityFeePerGas", []));
  } catch {
    return usualTip;
  }
}

/** A number that an endpoint told. @throws RpcError where it is none. */
export function quantity(value: unknown): bigint {
  if (isQuantity(value)) return BigInt(value);
  throw new RpcError("malformed", "an endpoint answered with something that is no number");
}
