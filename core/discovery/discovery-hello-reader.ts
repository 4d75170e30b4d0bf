import { readOptional } from "#core/identity/canonical-list.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { signatureLength } from "#core/identity/signature.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import {
  addressLimit,
  answerCountLimit,
  challengeLength,
  type DiscoveryAnswer,
  type DiscoveryHello,
  discoveryHelloLimit,
  discoveryVersion,
  portLimit,
} from "./discovery-hello.ts";
import { encodeDiscoveryHello } from "./discovery-hello-form.ts";

/** Why bytes are not a hello. */
export type DiscoveryHelloRefusal = "oversized" | "malformed" | "unknown version";

/** A hello, or why the bytes are none. Never throws; refuses any form but the canonical one. */
export function decodeDiscoveryHello(bytes: Uint8Array): DiscoveryHello | DiscoveryHelloRefusal {
  if (bytes.length > discoveryHelloLimit) return "oversized";
  try {
    const reader = canonicalReader(bytes);
    reader.array(2, 16);
    if (reader.small(255) !== discoveryVersion) return "unknown version";
    const hello = readHello(reader);
    reader.end();
    return sameBytes(encodeDiscoveryHello(hello), bytes) ? hello : "malformed";
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return "malformed";
    throw error;
  }
}

function readHello(reader: CanonicalReader): DiscoveryHello {
  const sender = readNode(reader);
  const tunnelKey = reader.bytes(32, 32);
  const classes = reader.small(priceClassLimit);
  if (classes === 0) throw new Malformed("no paid class");
  const address = reader.text(addressLimit);
  const challenge = reader.bytes(challengeLength, challengeLength);
  const answer = readOptional(reader, readAnswer);
  const signature = reader.bytes(signatureLength, signatureLength);
  return { sender, tunnelKey, classes, address, challenge, answer, signature };
}

function readAnswer(reader: CanonicalReader): DiscoveryAnswer {
  reader.array(4, 4);
  const recipient = readNode(reader);
  const challenge = reader.bytes(challengeLength, challengeLength);
  const count = reader.integer(answerCountLimit);
  return { recipient, challenge, count, port: reader.small(portLimit) };
}

function readNode(reader: CanonicalReader): NodeId {
  return nodeId(toHex(reader.bytes(33, 33)));
}
