import { ChainError } from "./chain-error.ts";
import type { RpcEndpoint } from "./rpc-endpoint.ts";
import { RpcError } from "./rpc-error.ts";

/** A block on which more than half of the configured endpoints agree. */
export interface AgreedBlock {
  readonly number: bigint;
  /** 32 bytes, 0x and lower-case digits. */
  readonly hash: string;
  /** The chain's seconds. */
  readonly time: bigint;
  /** Who agreed: they alone are asked about it. */
  readonly endpoints: readonly RpcEndpoint[];
}

/** When a block can no longer be undone: the chain's own word, or so many blocks on top of it. */
export type Finality = "finalized" | number;

/** Several endpoints of one chain, of which no single one is believed. */
export interface Quorum {
  readonly endpoints: readonly RpcEndpoint[];
  /** The newest final block that more than half know alike. @throws ChainError */
  readonly finalBlock: () => Promise<AgreedBlock>;
  /** Asks about an agreed block; the same answer from more than half, as text. @throws ChainError */
  readonly agreed: (
    block: AgreedBlock,
    method: string,
    params: readonly unknown[],
  ) => Promise<unknown>;
  /** The first good answer, where a wrong one does no harm. @throws RpcError the last problem. */
  readonly first: (method: string, params: readonly unknown[]) => Promise<unknown>;
  /** Tells all of them; one that took it is enough. @throws RpcError where none did: what each said. */
  readonly all: (method: string, params: readonly unknown[]) => Promise<readonly Answer[]>;
}

/** What one endpoint answered. */
export type Answer =
  | { readonly endpoint: string; readonly result: unknown }
  | { readonly endpoint: string; readonly error: RpcError };

/** A quorum of 1 to `endpointLimit` endpoints. */
export function quorum(endpoints: readonly RpcEndpoint[], finality: Finality): Quorum {
  const needed = (endpoints.length >> 1) + 1;
  const all: Quorum["all"] = (method, params) =>
    Promise.all(endpoints.map((one) => answerOf(one, method, params)));
  return {
    endpoints,
    all,
    finalBlock: () => finalBlock(endpoints, needed, finality),
    agreed: async (block, method, params) => {
      const answers = await Promise.all(
        block.endpoints.map((one) => answerOf(one, method, params)),
      );
      return majority(answers, needed, method);
    },
    first: async (method, params) => {
      let failure = new RpcError("unreachable", "no endpoint is configured");
      for (const endpoint of endpoints) {
        const answer = await answerOf(endpoint, method, params);
        if ("result" in answer) return answer.result;
        failure = answer.error;
        if (failure.problem === "refused") throw failure; // it understood, and said no
      }
      throw failure;
    },
  };
}

async function answerOf(
  endpoint: RpcEndpoint,
  method: string,
  params: readonly unknown[],
): Promise<Answer> {
  try {
    return { endpoint: endpoint.name, result: await endpoint.call(method, params) };
  } catch (error) {
    if (error instanceof RpcError) return { endpoint: endpoint.name, error };
    throw error;
  }
}

/** The answer that enough of them gave, byte by byte. */
function majority(answers: readonly Answer[], needed: number, what: string): unknown {
  const counted = new Map<string, number>();
  for (const answer of answers) {
    const text = JSON.stringify("result" in answer ? answer.result : "no answer");
    if ("result" in answer) counted.set(text, (counted.get(text) ?? 0) + 1);
  }
  for (const [text, count] of counted) if (count >= needed) return JSON.parse(text);
  if (counted.size > 1) {
    throw new ChainError(
      "disagreement",
      `the endpoints answer ${what} differently: ${answers.map(({ endpoint }) => endpoint).join(", ")}`,
    );
  }
  throw new ChainError("no quorum", lacking(answers, needed, what));
}

/** Why too few answered, in words. */
export function lacking(answers: readonly Answer[], needed: number, what: string): string {
  const got = answers.filter((answer) => "result" in answer).length;
  const why = answers.flatMap((answer) => ("error" in answer ? [answer.error.message] : []));
  return `${what}: ${got} answered, ${needed} are needed; ${why.join("; ") || "none is configured"}`;
}

/**
 * The lowest of the final blocks that enough endpoints reached, and its hash as most of them know it.
 * One that lags only makes the block older; one on a fork is outvoted, or makes all of this fail.
 */
async function finalBlock(
  endpoints: readonly RpcEndpoint[],
  needed: number,
  finality: Finality,
): Promise<AgreedBlock> {
  const tops = await Promise.all(
    endpoints.map(async (endpoint) => ({
      endpoint,
      answer: await finalNumber(endpoint, finality),
    })),
  );
  const reached = tops.flatMap(({ endpoint, answer }) =>
    typeof answer === "bigint" ? [{ endpoint, number: answer }] : [],
  );
  if (reached.length < needed) {
    const answers = tops.map(({ endpoint, answer }) =>
      typeof answer === "bigint"
        ? { endpoint: endpoint.name, result: answer }
        : { endpoint: endpoint.name, error: answer },
    );
    throw new ChainError("no quorum", lacking(answers, needed, "the final block"));
  }
  // The highest number that enough of them have reached.
  const numbers = reached.map(({ number }) => number).sort((a, b) => (a < b ? 1 : -1));
  const number = numbers[needed - 1] as bigint;
  const known = reached.filter((one) => one.number >= number).map(({ endpoint }) => endpoint);
  const blocks = await Promise.all(
    known.map(async (endpoint) => ({
      endpoint,
      block: await blockAt(endpoint, numberTag(number)),
    })),
  );
  return agreedBlock(blocks, needed, number);
}

function agreedBlock(
  blocks: readonly { readonly endpoint: RpcEndpoint; readonly block: Block | RpcError }[],
  needed: number,
  number: bigint,
): AgreedBlock {
  const groups = new Map<string, { readonly block: Block; readonly endpoints: RpcEndpoint[] }>();
  for (const { endpoint, block } of blocks) {
    if (block instanceof RpcError) continue;
    const group = groups.get(block.hash) ?? { block, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(block.hash, group);
  }
  for (const { block, endpoints } of groups.values()) {
    if (endpoints.length >= needed) return { ...block, endpoints };
  }
  if (groups.size > 1) {
    const names = [...groups.values()].map((group) =>
      group.endpoints.map((one) => one.name).join(" and "),
    );
    throw new ChainError(
      "disagreement",
      `block ${number} is another one for ${names.join(" than for ")}: one of them is on a fork, or lies`,
    );
  }
  throw new ChainError("no quorum", `block ${number} is not known to enough endpoints`);
}

/** A block as an endpoint tells it. */
export interface Block {
  readonly number: bigint;
  readonly hash: string;
  readonly time: bigint;
  /** What a unit of gas costs at least, in the chain's smallest unit; 0 before EIP-1559. */
  readonly baseFee: bigint;
}

async function finalNumber(endpoint: RpcEndpoint, finality: Finality): Promise<bigint | RpcError> {
  const block = await blockAt(endpoint, finality === "finalized" ? "finalized" : "latest");
  if (block instanceof RpcError) return block;
  const below = finality === "finalized" ? 0n : BigInt(finality);
  return block.number > below ? block.number - below : 0n;
}

/** A block by its name or number, as one endpoint has it. */
async function blockAt(endpoint: RpcEndpoint, tag: string): Promise<Block | RpcError> {
  try {
    return readBlock(endpoint.name, await endpoint.call("eth_getBlockByNumber", [tag, false]));
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
}

/** @throws RpcError where it is no block. */
export function readBlock(name: string, value: unknown): Block {
  const { number, hash, timestamp, baseFeePerGas } = (value ?? {}) as Record<string, unknown>;
  const quantities = [number, timestamp, baseFeePerGas ?? "0x0"];
  if (!quantities.every(isQuantity) || typeof hash !== "string" || !/^0x[0-9a-f]{64}$/.test(hash)) {
    throw new RpcError("malformed", `${name} answered with something that is no block`);
  }
  const [height, time, baseFee] = quantities.map((one) => BigInt(one as string));
  return { number: height ?? 0n, hash, time: time ?? 0n, baseFee: baseFee ?? 0n };
}

/** Whether a value is a JSON-RPC quantity of at most 256 bits. */
export function isQuantity(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{1,64}$/.test(value);
}

/** A block's number as a call names it: endpoints that know its hash are asked, and it is final. */
export function numberTag(number: bigint): string {
  return `0x${number.toString(16)}`;
}
