import { readList } from "#core/identity/canonical-list.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex, sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { type Signer, signatureLength, signingDigest } from "#core/identity/signature.ts";
import { nodeId } from "#core/units/node-id.ts";
import { priceLimit } from "#core/units/price.ts";
import {
  type NetworkPolicy,
  type PolicyRefusal,
  policyLimits,
  type UnsignedNetworkPolicy,
} from "./network-policy.ts";

/** The first version of the form. */
const version = 1;

/** What the organiser signs: every field, under a domain that nothing else has. */
export function networkPolicyDigest(policy: UnsignedNetworkPolicy): Uint8Array {
  return signingDigest("policy", fieldsOf(policy), version);
}

/** A policy, signed. @throws RangeError for values beyond {@link policyLimits}. */
export function signNetworkPolicy(
  signer: Signer,
  policy: Omit<UnsignedNetworkPolicy, "organiser">,
): NetworkPolicy {
  const unsigned = { ...policy, organiser: signer.id };
  const signature = signer.sign(networkPolicyDigest(unsigned));
  const signed = { ...unsigned, signature };
  if (typeof readNetworkPolicy(encodeNetworkPolicy(signed)) === "string") {
    throw new RangeError("a policy with values beyond their limits");
  }
  return signed;
}

/** The bytes of a policy. */
export function encodeNetworkPolicy(policy: NetworkPolicy): Uint8Array {
  return canonical([version, ...fieldsOf(policy), policy.signature]);
}

/** A policy, or why these bytes are none. Strict: any form but the one that is written is refused. Never throws. */
export function readNetworkPolicy(bytes: Uint8Array): NetworkPolicy | PolicyRefusal {
  if (bytes.length > policyLimits.bytes) return "policy too large";
  try {
    const reader = canonicalReader(bytes);
    reader.array(1, 16);
    if (reader.small(255) !== version) return "unknown policy version";
    const policy = readFields(reader);
    reader.end();
    return sameBytes(encodeNetworkPolicy(policy), bytes) ? policy : "malformed policy";
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return "malformed policy";
    throw error;
  }
}

function fieldsOf(policy: UnsignedNetworkPolicy): readonly Field[] {
  return [
    fromHex(policy.organiser),
    policy.name,
    policy.serial,
    policy.expires,
    policy.freeRate,
    policy.tokens.map(({ chain, address }) => [chain, address]),
    policy.prices,
    policy.exits.map(fromHex),
    [policy.versions.oldest, policy.versions.newest],
  ];
}

function readFields(reader: CanonicalReader): NetworkPolicy {
  const organiser = readId(reader);
  const name = reader.text(policyLimits.name);
  const serial = between(reader.integer(policyLimits.serial), 1n);
  const expires = reader.integer(policyLimits.expires);
  const freeRate = between(reader.integer(policyLimits.mostFreeRate), policyLimits.leastFreeRate);
  const tokens = readList(reader, policyLimits.tokens, (one) => {
    one.array(2, 2);
    return { chain: one.integer(policyLimits.chain), address: one.bytes(20, 20) };
  });
  const prices = readList(reader, policyLimits.prices, (one) =>
    between(one.integer(priceLimit), 1n),
  );
  const exits = readList(reader, policyLimits.exits, readId);
  reader.array(2, 2);
  const oldest = reader.small(policyLimits.version);
  const newest = reader.small(policyLimits.version);
  const signature = reader.bytes(signatureLength, signatureLength);
  if (name === "" || !isPrintable(name)) throw new Malformed("a name that cannot be shown");
  if (oldest < 1 || oldest > newest) throw new Malformed(`versions ${oldest} to ${newest}`);
  const body = { organiser, name, serial, expires, freeRate, tokens, prices, exits };
  return { ...body, versions: { oldest, newest }, signature };
}

function readId(reader: CanonicalReader) {
  return nodeId(toHex(reader.bytes(33, 33)));
}

function between(value: bigint, least: bigint): bigint {
  if (value < least) throw new Malformed(`${value}, at least ${least}`);
  return value;
}

/** Space to tilde: what is shown moves no cursor and ends no line. */
function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
