import { sha256 } from "@noble/hashes/sha2.js";
import { getPublicKey, sign } from "@noble/secp256k1";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { type SignatureCheck, type Signer, signedBy } from "#core/identity/signature.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";

/** Whose signatures a run has: of the curve, or a seeded stand-in that is a hundred times faster. */
export type Keys = "fast" | "real";

/** The keys of a run. */
export interface KeyRing {
  /** The signer of a name: the same name and seed, the same key. */
  readonly signerOf: (name: string) => Signer;
  readonly holds: SignatureCheck;
}

/**
 * Keys of a run. Fast ones are hashes over name and digest: nobody in a simulation forges (E4), so
 * the rules decide the same as with real ones, which `--keys real` shows.
 */
export function keyRing(keys: Keys, seed: number): KeyRing {
  return keys === "real"
    ? { signerOf: (name) => realSigner(secretOf(name, seed)), holds: signedBy }
    : { signerOf: (name) => fastSigner(secretOf(name, seed)), holds: fastCheck };
}

function secretOf(name: string, seed: number): Uint8Array {
  return sha256(new TextEncoder().encode(`${seed}/${name}`));
}

function realSigner(secret: Uint8Array): Signer {
  return {
    id: nodeId(toHex(getPublicKey(secret, true))),
    sign: (digest) => {
      const recovered = sign(digest, secret, { prehash: false, format: "recovered" });
      const out = new Uint8Array(65);
      out.set(recovered.subarray(1), 0);
      out[64] = (recovered[0] ?? 0) + 27;
      return out;
    },
  };
}

function fastSigner(secret: Uint8Array): Signer {
  const id = nodeId(`02${toHex(secret)}`);
  return { id, sign: (digest) => seal(id, digest) };
}

const fastCheck: SignatureCheck = (id, digest, signature) =>
  signature.length === 65 && sameBytes(signature, seal(id, digest));

/** Names as the bytes that go into a seal: there are few, and they are needed often. */
const namesAsBytes = new Map<NodeId, Uint8Array>();

function seal(id: NodeId, digest: Uint8Array): Uint8Array {
  let name = namesAsBytes.get(id);
  if (name === undefined) {
    name = Uint8Array.from(id, (character) => character.charCodeAt(0));
    namesAsBytes.set(id, name);
  }
  const text = new Uint8Array(name.length + digest.length);
  text.set(name, 0);
  text.set(digest, name.length);
  const hash = sha256(text);
  const out = new Uint8Array(65);
  out.set(hash, 0);
  out.set(hash, 32);
  out[64] = 27;
  return out;
}
