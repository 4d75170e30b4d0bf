import { meshChannelsImmutables, meshChannelsRuntimeCode } from "../contract/mesh-channels.ts";
import { ChainError } from "./chain-error.ts";
import { type ChainPlace, coin } from "./chain-place.ts";
import { isQuantity, lacking, type Quorum } from "./quorum.ts";
import { RpcError } from "./rpc-error.ts";

type Tools = typeof import("./chain-tools.ts");

/**
 * Whether the endpoints are on the chain that the configuration names, and whether what lies at the
 * contract's address is MeshChannels byte by byte: money is signed for nothing else.
 * @throws ChainError that says what was found and what to alter.
 */
export async function checkPlace(tools: Tools, place: ChainPlace, quorum: Quorum): Promise<void> {
  await checkChain(place, quorum);
  const block = await quorum.finalBlock();
  const words = [`0x${place.contract}`, "latest"];
  const code = String(await quorum.agreed(block, "eth_getCode", words));
  if (code === "0x") {
    throw new ChainError(
      "wrong contract",
      `there is no contract at 0x${place.contract} on chain ${place.chainId}: correct "contract", or deploy it`,
    );
  }
  if (!isMeshChannels(code)) {
    throw new ChainError(
      "wrong contract",
      `what lies at 0x${place.contract} is not the MeshChannels of this version: correct "contract"`,
    );
  }
  if (place.token !== coin) await checkToken(tools, place, quorum);
}

/** Each endpoint by itself: one on another chain must not even be part of a majority. */
async function checkChain(place: ChainPlace, quorum: Quorum): Promise<void> {
  const answers = await quorum.all("eth_chainId", []);
  let heard = 0;
  for (const answer of answers) {
    if ("error" in answer) continue;
    heard += 1;
    const found = isQuantity(answer.result) ? BigInt(answer.result) : undefined;
    if (found === place.chainId) continue;
    throw new ChainError(
      "wrong chain",
      `${answer.endpoint} is on chain ${found ?? "?"}, configured is ${place.chainId}: correct "chain_id" or "rpc"`,
    );
  }
  const needed = (quorum.endpoints.length >> 1) + 1;
  if (heard < needed)
    throw new ChainError("no quorum", lacking(answers, needed, "the chain's number"));
}

/** Immutable variables are part of the code; what they are is none of our business but their place is. */
export function isMeshChannels(code: string): boolean {
  const found = code.slice(2).toLowerCase();
  if (found.length !== meshChannelsRuntimeCode.length) return false;
  let masked = found;
  for (const offsets of Object.values(meshChannelsImmutables)) {
    for (const offset of offsets) {
      masked = `${masked.slice(0, offset * 2)}${"00".repeat(32)}${masked.slice(offset * 2 + 64)}`;
    }
  }
  return masked === meshChannelsRuntimeCode;
}

async function checkToken(tools: Tools, place: ChainPlace, quorum: Quorum): Promise<void> {
  const token = `0x${place.token}`;
  const ask = async (data: string): Promise<unknown> => {
    try {
      return await quorum.first("eth_call", [{ to: token, data }, "latest"]);
    } catch (error) {
      if (error instanceof RpcError && error.problem === "refused") return "0x";
      throw error;
    }
  };
  const answer = await ask(tools.tokenQuestions.decimals());
  const decimals = isQuantity(answer) ? BigInt(answer) : undefined;
  if (decimals === BigInt(place.decimals)) return;
  const found =
    decimals === undefined ? "no decimals: it is no ERC-20 token" : `${decimals} decimals`;
  throw new ChainError(
    "wrong token",
    `the token ${token} has ${found}; configured are ${place.decimals}: correct "token" or "token_decimals"`,
  );
}
