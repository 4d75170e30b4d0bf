import { isHex } from "./hex-digits.ts";

/**
 * A node's name: its compressed secp256k1 public key (SEC 1, section 2.3.3) as 66 lower-case
 * hexadecimal digits. Comparing two ids as text is comparing the keys.
 */
export type NodeId = string & { readonly unit: "node id" };

/**
 * @throws RangeError where the text is not a compressed public key in lower-case hexadecimal.
 * Whether the point lies on the curve is found out when the first signature is checked.
 */
export function nodeId(text: string): NodeId {
  const compressed = text.charAt(0) === "0" && (text.charAt(1) === "2" || text.charAt(1) === "3");
  if (text.length !== 66 || !compressed || !isHex(text)) {
    throw new RangeError(
      `a node id is 66 lower-case hexadecimal digits beginning with 02 or 03, found ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
  return text as NodeId;
}
