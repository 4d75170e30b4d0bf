import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "#core/identity/hexadecimal.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * A node's link-local address on its tunnels of one price class: fe80::/64 and the first 64 bits of
 * SHA-256 over "meshtoll tunnel", its id and the class. Both ends derive both addresses, so nobody
 * configures or announces any.
 */
export function tunnelAddress(node: NodeId, priceClass: number): string {
  const text = `meshtoll tunnel ${node} ${priceClass}`;
  const hash = toHex(sha256(Uint8Array.from(text, (character) => character.charCodeAt(0))));
  return `fe80::${hash.slice(0, 4)}:${hash.slice(4, 8)}:${hash.slice(8, 12)}:${hash.slice(12, 16)}`;
}
