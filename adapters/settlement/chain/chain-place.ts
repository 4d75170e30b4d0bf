import type { Finality } from "./quorum.ts";

/** Where channels lie, and how the chain is asked: the chain object of the configuration. */
export interface ChainPlace {
  readonly chainId: bigint;
  /** 40 lower-case hexadecimal digits. */
  readonly contract: string;
  /** The same; all zeros for the chain's own coin. */
  readonly token: string;
  readonly decimals: number;
  readonly grainsPerUnit: bigint;
  /** Seconds between startClose and finish, of channels that we open. */
  readonly notice: bigint;
  readonly finality: Finality;
  /** The block of the deployment, or any before: where looking for closes begins. */
  readonly fromBlock: bigint;
  /** What we pay for a unit of gas at most, in the chain's smallest unit. */
  readonly feeCap: bigint;
  /** Milliseconds between two looks. */
  readonly pollInterval: number;
}

/** The address that stands for the chain's own coin. */
export const coin = "00".repeat(20);
