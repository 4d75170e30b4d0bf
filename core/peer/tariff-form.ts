import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { type Signer, signingDigest } from "#core/identity/signature.ts";
import { type Tariff, tariffLimit, tariffVersion, type UnsignedTariff } from "./tariff.ts";

/** A tariff as bytes, signature and all. @throws RangeError above {@link tariffLimit}. */
export function encodeTariff(tariff: Tariff): Uint8Array {
  const bytes = canonical([tariffVersion, ...fieldsOf(tariff), tariff.signature]);
  if (bytes.length > tariffLimit) {
    throw new RangeError(`a tariff of ${bytes.length} bytes, at most ${tariffLimit}`);
  }
  return bytes;
}

/** What the exit signs: every field, under a domain that nothing else has. */
export function tariffDigest(tariff: UnsignedTariff): Uint8Array {
  return signingDigest("tariff", fieldsOf(tariff), tariffVersion);
}

/** A tariff, signed by the exit that it is of. */
export function signTariff(signer: Signer, tariff: Omit<UnsignedTariff, "exit">): Tariff {
  const whole = { exit: signer.id, ...tariff };
  return { ...whole, signature: signer.sign(tariffDigest(whole)) };
}

function fieldsOf({ exit, number, loss, prices }: UnsignedTariff): readonly Field[] {
  return [fromHex(exit), number, loss, prices.map((one) => [one.class, one.price])];
}
