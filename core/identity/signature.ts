import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hashes, recoverPublicKey } from "@noble/secp256k1";
import type { NodeId } from "#core/units/node-id.ts";
import { canonical, type Field, writtenText } from "./canonical-writer.ts";
import { toHex } from "./hexadecimal.ts";

hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** r, s and v (27 or 28), 65 bytes: the form Ethereum's tools use, and the same bytes as theirs. */
export type Signature = Uint8Array;

/** The length of a {@link Signature} in bytes. */
export const signatureLength = 65;

/** What signs for a node. The secret stays behind it; core never sees it. */
export interface Signer {
  readonly id: NodeId;
  /** A signature over a 32-byte digest, deterministic (RFC 6979). */
  readonly sign: (digest: Uint8Array) => Signature;
}

/** Whether a signature over a 32-byte digest is the node's. {@link signedBy} is the real one. */
export type SignatureCheck = (id: NodeId, digest: Uint8Array, signature: Signature) => boolean;

/** What a signed text is about. The domain is hashed in: no signature serves two purposes. */
export type SigningDomain =
  | "lease"
  | "hello"
  | "statement"
  | "advert"
  | "channel"
  | "discovery"
  | "tariff"
  | "policy"
  | "bid"
  | "surcharge";

const protocol = writtenText("meshtoll");

const domains = {
  lease: writtenText("lease"),
  hello: writtenText("hello"),
  statement: writtenText("statement"),
  advert: writtenText("advert"),
  channel: writtenText("channel"),
  discovery: writtenText("discovery"),
  tariff: writtenText("tariff"),
  policy: writtenText("policy"),
  bid: writtenText("bid"),
  surcharge: writtenText("surcharge"),
} as const satisfies Record<SigningDomain, unknown>;

/**
 * SHA-256 over protocol, version, domain and the canonical bytes of the fields.
 * @param version: of the form that is signed, so that no text of one version passes for another's.
 */
export function signingDigest(
  domain: SigningDomain,
  fields: readonly Field[],
  version = 1,
): Uint8Array {
  return sha256(canonical([protocol, version, domains[domain], fields]));
}

/**
 * Whether a signature over a digest is the node's. Recovers the key, so that the v byte counts
 * too (a chain would refuse a wrong one), and demands the low s form: one signature, one form.
 */
export function signedBy(id: NodeId, digest: Uint8Array, signature: Signature): boolean {
  return signerOf(digest, signature) === id;
}

/** Whose signature over a digest it is; nothing where it is nobody's, or not in its one form. */
export function signerOf(digest: Uint8Array, signature: Signature): NodeId | undefined {
  const v = signature[64];
  if (signature.length !== signatureLength || (v !== 27 && v !== 28)) return undefined;
  const recovered = new Uint8Array(signatureLength);
  recovered[0] = v - 27;
  recovered.set(signature.subarray(0, 64), 1);
  if (highS(signature)) return undefined;
  try {
    return toHex(recoverPublicKey(recovered, digest, { prehash: false })) as NodeId;
  } catch {
    return undefined; // r or s out of range, or no point on the curve
  }
}

/** Half of the group order of secp256k1 (SEC 2, section 2.4.1): s above it is the mirrored form. */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

function highS(signature: Signature): boolean {
  let s = 0n;
  for (const byte of signature.subarray(32, 64)) s = (s << 8n) | BigInt(byte);
  return s > halfOrder;
}
