import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as Layer from "effect/Layer";
import { Keys } from "./keys.ts";
import { keysOf } from "./keys-of.ts";
import { isSecret } from "./secret-signer.ts";
import { clamped } from "./tunnel-key.ts";

/**
 * Keys that follow from a seed, in memory: the same seed is the same node in every run. For tests,
 * simulations and demonstrations; who knows the seed has the keys.
 */
export const seededKeys = (seed: string): Layer.Layer<Keys> =>
  Layer.sync(Keys, () => keysFromSeed(seed));

/** The keys of a seed, for where no layer is wanted. */
export function keysFromSeed(seed: string): Keys["Service"] {
  let node = digest(`meshtoll seeded node ${seed}`);
  while (!isSecret(node)) node = sha256(node);
  return keysOf({ node, tunnel: clamped(digest(`meshtoll seeded tunnel ${seed}`)) });
}

function digest(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}
