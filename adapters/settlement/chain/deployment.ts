import { meshChannelsConstructorCode, meshChannelsRuntimeCode } from "../contract/mesh-channels.ts";
import type { Account } from "./chain-account.ts";
import { ChainError } from "./chain-error.ts";
import { newContract } from "./contract-call.ts";
import { type Errand, outbox, type Rehearsal } from "./outbox.ts";
import type { OutboxFile } from "./outbox-file.ts";
import type { Quorum } from "./quorum.ts";
import type { RpcEndpoint } from "./rpc-endpoint.ts";

type Tools = typeof import("./chain-tools.ts");

/** Where a contract was put. */
export interface Deployment {
  /** 40 hexadecimal digits: for `contract`. */
  readonly contract: string;
  /** For `contract_block`. */
  readonly block: bigint;
  readonly hash: string;
}

/** How to deploy: once the account's transaction is final, by its receipt. */
export interface Deployer {
  readonly rehearse: () => Promise<Rehearsal>;
  /** Sends, once, and waits; `again` is called between two looks. @throws ChainError, RpcError */
  readonly deploy: (again: () => Promise<void>) => Promise<Deployment>;
}

/** Deploys MeshChannels as committed, from an account of ours, on whatever chain the quorum is of. */
export function deployer(
  tools: Tools,
  quorum: Quorum,
  account: Account,
  file: OutboxFile,
): Deployer {
  const sent = outbox(tools, quorum, account, file);
  const errand: Errand = {
    purpose: "deploy MeshChannels",
    to: newContract,
    value: 0n,
    data: `${meshChannelsConstructorCode}${meshChannelsRuntimeCode}`,
    worth: undefined,
    urgent: false,
    reserve: 0n,
  };
  return {
    rehearse: () => sent.rehearse(errand),
    deploy: async (again) => {
      await sent.submit(errand);
      for (;;) {
        const outcomes = await sent.tend(await quorum.finalBlock());
        const ours = outcomes.find(({ purpose }) => purpose === errand.purpose);
        if (ours?.became === "done" && ours.hash !== undefined) {
          return deploymentIn(await quorum.first("eth_getTransactionReceipt", [ours.hash]));
        }
        if (ours !== undefined) {
          throw new ChainError("would be refused", `the deployment was ${ours.became}`);
        }
        await again();
      }
    },
  };
}

function deploymentIn(receipt: unknown): Deployment {
  const { contractAddress, blockNumber, transactionHash, status } = (receipt ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (status !== "0x1" || typeof contractAddress !== "string") {
    throw new ChainError("would be refused", "the deployment was reverted");
  }
  return {
    contract: contractAddress.slice(2).toLowerCase(),
    block: BigInt(String(blockNumber)),
    hash: String(transactionHash),
  };
}

/** How often a receipt is asked for, in ms, and how often in all. */
const receiptInterval = 100;
const receiptTries = 100;

/**
 * Deploys code from an account that the chain itself signs for, as development chains do.
 * @returns the contract's address, 40 digits. @throws Error, RpcError
 */
export async function deployCode(
  call: RpcEndpoint["call"],
  from: string,
  code: string,
): Promise<string> {
  const hash = await call("eth_sendTransaction", [{ from, data: code, gas: "0x989680" }]);
  for (let i = 0; i < receiptTries; i++) {
    const receipt = await call("eth_getTransactionReceipt", [hash]);
    if (receipt !== null) return deploymentIn(receipt).contract;
    await new Promise((resolve) => setTimeout(resolve, receiptInterval));
  }
  throw new Error(`transaction ${String(hash)} was not mined`);
}
