import type { CanonicalReader } from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { signatureLength } from "#core/identity/signature.ts";
import { type Money, moneyLimit, type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import type { Voucher } from "./voucher.ts";

/** A voucher as it stands in messages and events: three fields by position. */
export function voucherForm(voucher: Voucher): Field {
  return [voucher.totals, voucher.cumulative, voucher.signature];
}

/** Reads what {@link voucherForm} wrote. @throws Malformed */
export function readVoucher(reader: CanonicalReader): Voucher {
  reader.array(3, 3);
  const totals: Money[] = [];
  const classes = reader.array(1, priceClassLimit);
  for (let i = 0; i < classes; i++) totals.push(reader.integer(moneyLimit) as Money);
  return {
    totals,
    cumulative: reader.integer(tokenUnitsLimit) as TokenUnits,
    signature: reader.bytes(signatureLength, signatureLength),
  };
}

/** A voucher as evidence: the channel's id, then the voucher with its signature (T23). */
export function voucherText(channelId: string, voucher: Voucher): Uint8Array {
  return canonical([fromHex(channelId), voucherForm(voucher)]);
}
