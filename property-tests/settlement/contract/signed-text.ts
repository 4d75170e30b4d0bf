import { type Address, type Hex, parseSignature, signatureToCompactSignature } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";

/** The two words of a signature as the contract takes it (EIP-2098). */
export type CompactSignature = readonly [r: Hex, vs: Hex];

/** What a signature is bound to: a chain and a contract on it. */
export interface SigningPlace {
  readonly chainId: number;
  readonly contract: Address;
}

/** The contract's three texts, for viem. */
export const signingTypes = {
  Voucher: [
    { name: "channelId", type: "bytes32" },
    { name: "cumulative", type: "uint128" },
  ],
  Withdraw: [
    { name: "channelId", type: "bytes32" },
    { name: "party", type: "address" },
    { name: "totalOut", type: "uint128" },
  ],
  Final: [
    { name: "channelId", type: "bytes32" },
    { name: "cumAB", type: "uint128" },
    { name: "cumBA", type: "uint128" },
  ],
} as const;

/** The signer's total to its neighbour. */
export function signedVoucher(
  signer: PrivateKeyAccount,
  place: SigningPlace,
  message: { readonly channelId: Hex; readonly cumulative: bigint },
): Promise<CompactSignature> {
  return signed(signer, place, "Voucher", message);
}

/** The peer's permit: `party` may have taken out so much in all. */
export function signedWithdraw(
  signer: PrivateKeyAccount,
  place: SigningPlace,
  message: { readonly channelId: Hex; readonly party: Address; readonly totalOut: bigint },
): Promise<CompactSignature> {
  return signed(signer, place, "Withdraw", message);
}

/** One of the two signatures under the last totals. */
export function signedFinal(
  signer: PrivateKeyAccount,
  place: SigningPlace,
  message: { readonly channelId: Hex; readonly cumAB: bigint; readonly cumBA: bigint },
): Promise<CompactSignature> {
  return signed(signer, place, "Final", message);
}

async function signed(
  signer: PrivateKeyAccount,
  place: SigningPlace,
  primaryType: keyof typeof signingTypes,
  message: Readonly<Record<string, unknown>>,
): Promise<CompactSignature> {
  const domain = {
    name: "MeshChannels",
    version: "1",
    chainId: place.chainId,
    verifyingContract: place.contract,
  };
  const whole = await signer.signTypedData({
    domain,
    types: signingTypes,
    primaryType,
    message,
  } as never);
  const { r, yParityAndS } = signatureToCompactSignature(parseSignature(whole));
  return [r, yParityAndS];
}
