import type { RpcEndpoint } from "./rpc-endpoint.ts";

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
  const gas = "0x989680";
  const hash = await call("eth_sendTransaction", [{ from, data: code, gas }]);
  return addressIn(await receiptOf(call, String(hash)));
}

/** Waits for a receipt. @throws Error where none comes. */
export async function receiptOf(call: RpcEndpoint["call"], hash: string): Promise<unknown> {
  for (let i = 0; i < receiptTries; i++) {
    const receipt = await call("eth_getTransactionReceipt", [hash]);
    if (receipt !== null) return receipt;
    await new Promise((resolve) => setTimeout(resolve, receiptInterval));
  }
  throw new Error(`transaction ${hash} was not mined`);
}

function addressIn(receipt: unknown): string {
  const { contractAddress, status } = receipt as Readonly<Record<string, unknown>>;
  if (status !== "0x1" || typeof contractAddress !== "string") {
    throw new Error("the deployment was reverted");
  }
  return contractAddress.slice(2).toLowerCase();
}
