import { keccak_256 } from "@noble/hashes/sha3.js";
import { Point } from "@noble/secp256k1";
import { toHex } from "#core/identity/hexadecimal.ts";
import type { NodeId } from "#core/units/node-id.ts";

/**
 * The address of a node on every chain: the last 20 bytes of the Keccak hash of its public key.
 * 40 lower-case hexadecimal digits; nothing where the id is no point of the curve.
 */
export function addressOf(id: NodeId): string | undefined {
  try {
    const point = Point.fromHex(id).toBytes(false);
    return toHex(keccak_256(point.subarray(1)).subarray(12));
  } catch {
    return undefined;
  }
}
