import { optional } from "#core/identity/canonical-list.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { type Signer, signingDigest } from "#core/identity/signature.ts";
import {
  type DiscoveryAnswer,
  type DiscoveryHello,
  discoveryHelloLimit,
  discoveryVersion,
  type UnsignedDiscoveryHello,
} from "./discovery-hello.ts";

/** A hello as a datagram. @throws RangeError above {@link discoveryHelloLimit}. */
export function encodeDiscoveryHello(hello: DiscoveryHello): Uint8Array {
  const bytes = canonical([discoveryVersion, ...fieldsOf(hello), hello.signature]);
  if (bytes.length > discoveryHelloLimit) {
    throw new RangeError(`a hello of ${bytes.length} bytes, at most ${discoveryHelloLimit}`);
  }
  return bytes;
}

/** What the sender signs: every field, under a domain that no other message has. */
export function discoveryDigest(hello: UnsignedDiscoveryHello): Uint8Array {
  return signingDigest("discovery", fieldsOf(hello), discoveryVersion);
}

/** A hello, signed by its sender. */
export function signDiscoveryHello(signer: Signer, hello: UnsignedDiscoveryHello): DiscoveryHello {
  return { ...hello, signature: signer.sign(discoveryDigest(hello)) };
}

function fieldsOf(hello: UnsignedDiscoveryHello): readonly Field[] {
  return [
    fromHex(hello.sender),
    hello.tunnelKey,
    hello.classes,
    hello.address,
    hello.challenge,
    optional(hello.answer, answerField),
  ];
}

function answerField({ recipient, challenge, count, port }: DiscoveryAnswer): Field {
  return [fromHex(recipient), challenge, count, port];
}
