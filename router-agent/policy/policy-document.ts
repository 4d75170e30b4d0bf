import {
  type NetworkPolicy,
  type PolicyRefusal,
  policyLimits,
} from "#core/enforcement/network-policy.ts";
import { encodeNetworkPolicy, readNetworkPolicy } from "#core/enforcement/network-policy-form.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";

/** The first line of a document, so that a person sees what it is. */
const title = "meshtoll network policy";

/** The longest text of a document, in characters: two digits for each byte, the title and line ends. */
export const documentLimit = 2 * policyLimits.bytes + title.length + 4;

/** A policy as it is handed on: a title, and its bytes in hexadecimal digits. */
export function writeDocument(policy: NetworkPolicy): string {
  return `${title}\n${toHex(encodeNetworkPolicy(policy))}\n`;
}

/** What {@link writeDocument} wrote, or why it is none. Never throws. */
export function readDocument(text: string): NetworkPolicy | PolicyRefusal {
  if (text.length > documentLimit) return "policy too large";
  const [first, digits = "", ...rest] = text.replaceAll("\r\n", "\n").trimEnd().split("\n");
  if (first !== title || rest.length > 0) return "malformed policy";
  try {
    return readNetworkPolicy(fromHex(digits));
  } catch {
    return "malformed policy"; // no hexadecimal digits
  }
}
