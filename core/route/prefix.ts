/**
 * A range of addresses: one text for each, so that equal ranges are equal texts. IPv4 in dotted form,
 * IPv6 as RFC 5952 has it, then / and the number of bits.
 */
export type Prefix = string & { readonly unit: "address prefix" };

/** The longest text of a prefix that is looked at: more than any has. */
export const prefixTextLimit = 64;

/** A prefix from any of its texts; nothing where it is none, or has bits behind its length. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  if (text.length > prefixTextLimit || slash < 0) return undefined;
  const address = text.slice(0, slash);
  const bytes = address.includes(":") ? v6Bytes(address) : v4Bytes(address);
  const bits = smallNumber(text.slice(slash + 1), 128n);
  if (bytes === undefined || bits === undefined) return undefined;
  return prefixOf(bytes, bits);
}

/** A prefix as bytes: 4 or 6, the number of bits, and as many bytes as hold them. */
export function prefixBytes(prefix: Prefix): Uint8Array {
  const [address = "", bits = ""] = prefix.split("/");
  const whole = address.includes(":") ? v6Bytes(address) : v4Bytes(address);
  const length = smallNumber(bits, 128n) ?? 0;
  const used = (whole ?? []).slice(0, (length + 7) >> 3);
  return Uint8Array.from([whole?.length === 4 ? 4 : 6, length, ...used]);
}

/** The prefix that {@link prefixBytes} wrote; nothing for other bytes. */
export function readPrefixBytes(bytes: Uint8Array): Prefix | undefined {
  const [family, length, ...used] = bytes;
  if ((family !== 4 && family !== 6) || length === undefined) return undefined;
  const size = family === 4 ? 4 : 16;
  if (used.length !== (length + 7) >> 3 || used.length > size) return undefined;
  return prefixOf([...used, ...Array.from({ length: size - used.length }, () => 0)], length);
}

/** The first so many bits of an address, as a prefix; nothing where it is no address, or too short. */
export function networkOf(address: string, bits: number): Prefix | undefined {
  const bytes = address.includes(":") ? v6Bytes(address) : v4Bytes(address);
  if (bytes === undefined || bits < 0 || bits > bytes.length * 8) return undefined;
  const kept = bytes.map((byte, i) => {
    const left = bits - 8 * i;
    return left >= 8 ? byte : left <= 0 ? 0 : byte & (0xff << (8 - left)) & 0xff;
  });
  return prefixOf(kept, bits);
}

/** Whether every address of the second is one of the first. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  const [a, b] = [prefixBytes(outer), prefixBytes(inner)];
  const [bits = 0, within = 0] = [a[1], b[1]];
  if (a[0] !== b[0] || bits > within) return false;
  for (let bit = 0; bit < bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    const at = 2 + (bit >> 3);
    if (((a[at] ?? 0) & mask) !== ((b[at] ?? 0) & mask)) return false;
  }
  return true;
}

function prefixOf(address: readonly number[], bits: number): Prefix | undefined {
  if (bits > address.length * 8) return undefined;
  const stray = address.some((byte, i) => {
    const kept = bits - 8 * i;
    return kept <= 0 ? byte !== 0 : kept < 8 && (byte & (0xff >> kept)) !== 0;
  });
  if (stray) return undefined;
  return `${address.length === 4 ? address.join(".") : v6Text(address)}/${bits}` as Prefix;
}

function v4Bytes(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    const byte = smallNumber(part, 255n);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}

function v6Bytes(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const left = groupBytes(halves[0] ?? "", halves.length === 1);
  const right = groupBytes(halves[1] ?? "", true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 16 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** @param last whether a dotted IPv4 tail may end it. */
function groupBytes(text: string, last: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes(".")) {
      const tail = v4Bytes(group);
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = hexValue(group);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** RFC 5952: the longest run of zero groups, the first of equals, of two groups at least, becomes `::`. */
function v6Text(address: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => {
    const value = ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0);
    return value.toString(16);
  });
  let [from, length] = [0, 1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (groups[end] === "0") end += 1;
    if (end - start > length) [from, length] = [start, end - start];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
}

function hexValue(group: string): number {
  let value = 0;
  for (let i = 0; i < group.length; i++) {
    value = value * 16 + "0123456789abcdef".indexOf(group.slice(i, i + 1).toLowerCase());
  }
  return value;
}

/** A decimal number in its one form. */
function smallNumber(text: string, limit: bigint): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text) || BigInt(text) > limit) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) value = value * 10 + (text.charCodeAt(i) - 0x30);
  return value;
}
