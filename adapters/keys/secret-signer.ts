import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { getPublicKey, hashes, sign, utils } from "@noble/secp256k1";
import type { Signer } from "#core/identity/signature.ts";
import { nodeId } from "#core/units/node-id.ts";

hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** Length of a secp256k1 secret and of a digest, in bytes. */
export const secretLength = 32;

/** Whether 32 bytes are a secret: from 1 to below the group's order (SEC 2, section 2.4.1). */
export function isSecret(bytes: Uint8Array): boolean {
  return bytes.length === secretLength && utils.isValidSecretKey(bytes);
}

/**
 * The signer of a secret. Signatures are r, s, v (27 or 28), as Ethereum's tools write them, with
 * the nonce of RFC 6979: the same digest is signed the same way for ever, on every engine.
 * @throws RangeError where {@link isSecret} does not hold; `sign` throws on other than 32 bytes.
 */
export function secretSigner(secret: Uint8Array): Signer {
  if (!isSecret(secret)) throw new RangeError("not a secp256k1 secret");
  const held = new Uint8Array(secret);
  return {
    id: nodeId(bytesToHex(getPublicKey(held))),
    sign: (digest) => {
      if (digest.length !== secretLength) {
        throw new RangeError(`a digest has ${secretLength} bytes, found ${digest.length}`);
      }
      // The library puts the recovery bit first, and would hash the digest again if let.
      const recovered = sign(digest, held, { prehash: false, format: "recovered" });
      const signature = new Uint8Array(65);
      signature.set(recovered.subarray(1), 0);
      signature[64] = 27 + (recovered[0] ?? 0);
      return signature;
    },
  };
}
