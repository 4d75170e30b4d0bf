import { type Hex, recoverTypedDataAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { secretSigner } from "#adapters/keys/secret-signer.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import { signedBy } from "#core/identity/signature.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";
import { signingTypes } from "../settlement/contract/signed-text.ts";

/** Vouchers a second, with what shipped code uses and with viem, on the same machine in one run. */
export interface SettlementCrypto {
  readonly signedPerSecond: number;
  readonly signedByViemPerSecond: number;
  readonly verifiedPerSecond: number;
  readonly verifiedByViemPerSecond: number;
  /** A voucher that is not better than the known one is dropped before any of this. */
  readonly vouchers: number;
}

const place = { channelId: "c0".repeat(32), chainId: 31337n, contract: "11".repeat(20) };
const secret = new Uint8Array(32).fill(7);

/** Signs and verifies so many vouchers each way. @throws Error where one does not hold */
export async function benchSettlementCrypto(vouchers = 300): Promise<SettlementCrypto> {
  const [signer, account] = [secretSigner(secret), privateKeyToAccount(`0x${toHex(secret)}`)];
  const totals = Array.from({ length: vouchers }, (_, i) => tokenUnits(BigInt(i) * 1_000_003n));
  const signatures: Uint8Array[] = [];
  const byViem: Hex[] = [];
  const signed = await perSecond(totals, (total, i) => {
    signatures[i] = signer.sign(voucherDigest(place, total));
  });
  const signedByViem = await perSecond(totals, async (total, i) => {
    byViem[i] = await account.signTypedData(textOf(total));
  });
  const verified = await perSecond(totals, (total, i) => {
    const signature = signatures[i] ?? new Uint8Array();
    if (!signedBy(signer.id, voucherDigest(place, total), signature)) throw new Error("no");
  });
  const verifiedByViem = await perSecond(totals, async (total, i) => {
    const text = { ...textOf(total), signature: byViem[i] ?? "0x" };
    const found = await recoverTypedDataAddress(text as never);
    if (found !== account.address) throw new Error("another signer");
  });
  return {
    signedPerSecond: signed,
    signedByViemPerSecond: signedByViem,
    verifiedPerSecond: verified,
    verifiedByViemPerSecond: verifiedByViem,
    vouchers,
  };
}

function textOf(cumulative: TokenUnits) {
  const verifyingContract = `0x${place.contract}` as const;
  const chainId = Number(place.chainId);
  return {
    domain: { name: "MeshChannels", version: "1", chainId, verifyingContract },
    types: { Voucher: signingTypes.Voucher },
    primaryType: "Voucher" as const,
    message: { channelId: `0x${place.channelId}` as const, cumulative },
  };
}

async function perSecond(
  totals: readonly TokenUnits[],
  work: (total: TokenUnits, i: number) => void | Promise<void>,
): Promise<number> {
  // The first ones compile.
  for (const [i, total] of totals.slice(0, 20).entries()) await work(total, i);
  const began = process.hrtime.bigint();
  for (const [i, total] of totals.entries()) await work(total, i);
  return Math.round((totals.length * 1e9) / Number(process.hrtime.bigint() - began));
}
