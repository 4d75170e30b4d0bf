import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { type SignatureCheck, signatureLength, signedBy } from "#core/identity/signature.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { freeClass, priceClass, priceClassLimit } from "#core/units/price-class.ts";
import {
  type Tariff,
  type TariffPrice,
  tariffLimit,
  tariffLossLimit,
  tariffNumberLimit,
  tariffVersion,
} from "./tariff.ts";
import { encodeTariff, tariffDigest } from "./tariff-form.ts";

/** Why a tariff is not taken. */
export type TariffRefusal =
  | "oversized"
  | "malformed"
  | "unknown version"
  | "of another exit"
  | "expired"
  | "forged";

/**
 * A tariff that replaces the one known so far, or why it does not. Never throws. The signature is
 * checked last: what says nothing new costs nothing.
 * @param exit who is expected to have signed it; @param known its newest tariff so far.
 */
export function takeTariff(
  bytes: Uint8Array,
  exit: NodeId,
  known: Tariff | undefined,
  holds: SignatureCheck = signedBy,
): Tariff | TariffRefusal {
  const tariff = decodeTariff(bytes);
  if (typeof tariff === "string") return tariff;
  if (tariff.exit !== exit) return "of another exit";
  if (known !== undefined && tariff.number < known.number) return "expired";
  if (known !== undefined && sameBytes(encodeTariff(known), bytes)) return known;
  if (known !== undefined && tariff.number === known.number) return "expired";
  return holds(exit, tariffDigest(tariff), tariff.signature) ? tariff : "forged";
}

/** A tariff whose signature nobody has checked, or why the bytes are none. Never throws. */
export function decodeTariff(bytes: Uint8Array): Tariff | TariffRefusal {
  if (bytes.length > tariffLimit) return "oversized";
  try {
    const reader = canonicalReader(bytes);
    reader.array(2, 16);
    if (reader.small(255) !== tariffVersion) return "unknown version";
    const tariff = readTariff(reader);
    reader.end();
    return sameBytes(encodeTariff(tariff), bytes) ? tariff : "malformed";
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return "malformed";
    throw error;
  }
}

function readTariff(reader: CanonicalReader): Tariff {
  const exit = nodeId(toHex(reader.bytes(33, 33)));
  const number = reader.integer(tariffNumberLimit);
  const loss = reader.integer(tariffLossLimit);
  const prices: TariffPrice[] = [];
  const count = reader.array(0, priceClassLimit);
  for (let i = 0; i < count; i++) {
    reader.array(2, 2);
    const carrier = priceClass(reader.small(priceClassLimit));
    // One price for each class, in order: there is one way to write a tariff.
    const last = prices[i - 1]?.class ?? freeClass;
    if (carrier <= last) throw new Malformed(`class ${carrier} after class ${last}`);
    prices.push({ class: carrier, price: price(reader.integer(priceLimit)) });
  }
  const signature = reader.bytes(signatureLength, signatureLength);
  return { exit, number, loss, prices, signature };
}
