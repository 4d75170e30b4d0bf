import { encodeFunctionData } from "viem";
import { demoTokenAbi } from "./contract/demo-token.ts";

/** The words of DemoToken that a demonstration needs. Addresses are 40 hexadecimal digits. */
export const playMoney = {
  mint: (owner: string, amount: bigint): string =>
    encodeFunctionData({ abi: demoTokenAbi, functionName: "mint", args: [`0x${owner}`, amount] }),
  balance: (owner: string): string =>
    encodeFunctionData({ abi: demoTokenAbi, functionName: "balanceOf", args: [`0x${owner}`] }),
} as const;
