import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { getPublicKey, hashes, sign } from "@noble/secp256k1";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import type { SignatureCheck, Signer } from "#core/identity/signature.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";

hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** A signer whose secret everybody knows: 32 bytes of one value. For tests and vectors only. */
export function testSigner(seed: number): Signer {
  const secret = new Uint8Array(32).fill(seed);
  const id = nodeId(toHex(getPublicKey(secret, true)));
  return {
    id,
    sign: (digest) => {
      const recovered = sign(digest, secret, { prehash: false, format: "recovered" });
      const out = new Uint8Array(65);
      out.set(recovered.subarray(1), 0);
      out[64] = (recovered[0] ?? 0) + 27;
      return out;
    },
  };
}

/**
 * A signer for simulations: a hash over name and digest stands for the signature, so that whole
 * networks run fast. Nobody in a simulation forges (E4); what forgery meets is tested for real.
 */
export function modelledSigner(seed: number): Signer {
  const { id } = testSigner(seed);
  return { id, sign: (digest) => seal(id, digest) };
}

/** Whether {@link modelledSigner} of that name signed. */
export const modelledCheck: SignatureCheck = (id, digest, signature) =>
  sameBytes(signature, seal(id, digest));

function seal(id: NodeId, digest: Uint8Array): Uint8Array {
  const text = Uint8Array.from(id, (character) => character.charCodeAt(0));
  const hash = sha256(Uint8Array.of(...text, ...digest));
  const out = new Uint8Array(65);
  out.set(hash, 0);
  out.set(sha256(hash), 32);
  out[64] = 27;
  return out;
}
