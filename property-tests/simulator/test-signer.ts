import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { getPublicKey, hashes, sign } from "@noble/secp256k1";
import { toHex } from "#core/identity/hexadecimal.ts";
import type { Signer } from "#core/identity/signature.ts";
import { nodeId } from "#core/units/node-id.ts";

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
