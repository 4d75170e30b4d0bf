import { sha256 } from "@noble/hashes/sha2.js";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { signedBy } from "#core/identity/signature.ts";
import { signLease } from "#core/schedule/lease.ts";
import { untouched } from "#core/settlement/channel.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import { signVoucher } from "#core/settlement/voucher.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money, tokenUnits, toTokenUnits } from "#core/units/money.ts";
import { origin, position } from "#core/units/position.ts";
import { cost, price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { testSigner } from "../simulator/test-signer.ts";

/**
 * Exact money, canonical bytes, hashes and signatures, as one text. Every line of it must be the
 * same on every engine.
 */
export function run(inputText: string): string {
  const bytes = position(BigInt(inputText));
  const dear = price(1_000_000_007n);
  const owed = cost(bytes, dear);
  const payer = testSigner(1);
  const payee = testSigner(2);
  const lease = signLease(
    { payer: payer.id, payee: payee.id, class: priceClass(1) },
    {
      number: 1n,
      from: origin,
      to: bytes,
      price: dear,
      due: money(0n),
      settled: origin,
      payerJournal: journalId(1),
      payeeJournal: journalId(2),
    },
    payee,
  );
  const channel = {
    channelId: "ab".repeat(32),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: 1_000n,
    depositIn: tokenUnits(0n),
    depositOut: tokenUnits(0n),
    ...untouched,
    open: true,
  };
  const voucher = signVoucher(channel, [owed], payer);
  const digest = voucherDigest(channel, voucher.cumulative);
  return [
    `owed ${owed} grains, ${toTokenUnits(owed, channel.grainsPerUnit)} units`,
    `canonical ${toHex(canonical(["text", 1, bytes, owed, 1n << 200n, fromHex("00ff")]))}`,
    `sha256 ${toHex(sha256(canonical(inputText)))}`,
    `lease ${toHex(lease.signature)}`,
    `voucher ${toHex(voucher.signature)}`,
    `holds ${signedBy(payer.id, digest, voucher.signature)}`,
    `of the other ${signedBy(payee.id, digest, voucher.signature)}`,
  ].join("\n");
}
