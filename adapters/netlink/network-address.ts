import { isIP } from "node:net";

/**
 * The bytes of an address, in the order of the network: 4 (RFC 791) or 16 (RFC 4291, section 2.2).
 * @param address without a zone. @throws RangeError for what is no address: a mistake of the caller.
 */
export function addressBytes(address: string): Uint8Array {
  switch (address.includes("%") ? 0 : isIP(address)) {
    case 4:
      return Uint8Array.from(address.split(".").map(Number));
    case 6:
      return addressOfSix(address);
    default:
      throw new RangeError("not an IPv4 or IPv6 address");
  }
}

/** Groups of an IPv6 address. */
const groupCount = 8;

function addressOfSix(address: string): Uint8Array {
  const [left = "", right] = address.split("::");
  const before = groupsOf(left);
  const after = groupsOf(right ?? "");
  const zeros = Array.from({ length: groupCount - before.length - after.length }, () => 0);
  const groups = right === undefined ? before : [...before, ...zeros, ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The last two groups may be written as an IPv4 address. */
function groupsOf(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
