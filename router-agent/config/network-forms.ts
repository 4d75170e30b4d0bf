import { isIP } from "node:net";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { type Form, parsed, refused } from "./form.ts";

/** A neighbour's name for the network: its compressed secp256k1 key in hexadecimal. */
export const nodeName: Form<NodeId> = {
  read: (text) =>
    /^0[23][0-9a-f]{64}$/.test(text)
      ? parsed(nodeId(text))
      : refused("a node id: 66 lower-case hexadecimal digits beginning with 02 or 03"),
  write: (value) => value,
};

/** A WireGuard public key: 32 bytes in base64, in the one form that has no stray bits. */
export const publicKey: Form<string> = {
  read: (text) => {
    const bytes = /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, "base64") : undefined;
    if (bytes?.length === 32 && bytes.toString("base64") === text) return parsed(text);
    return refused("a WireGuard public key: 32 bytes in base64, 44 characters");
  },
  write: (value) => value,
};

/** Where a neighbour listens: a name or address, and the port of its class 0. */
export interface Endpoint {
  readonly host: string;
  /** The port of class 0; class k listens on port + k. */
  readonly port: number;
}

/** host:port, [v6]:port. */
export const endpoint: Form<Endpoint> = {
  read: (text) => {
    const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):([1-9][0-9]{0,4})$/.exec(
      text,
    );
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2] ?? "";
    const sound = match?.[1] === undefined ? isHost(host) : isIP(host) === 6;
    if (match !== null && sound && port <= 65535) return parsed({ host, port });
    return refused("host:port, where host is a name, an IPv4 address or [an IPv6 address]");
  },
  write: ({ host, port }) => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`),
};

/** A name of RFC 1123, or an IPv4 address; what looks like an address must be one. */
function isHost(host: string): boolean {
  if (/^[0-9.]+$/.test(host)) return isIP(host) === 4;
  return host
    .split(".")
    .every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}

/** A range of addresses, 10.7.0.0/16 or fd00:7::/32, in its canonical text. */
export const addressPrefix: Form<string> = {
  read: (text) => {
    const allowed = "an IPv4 or IPv6 prefix such as 10.7.0.0/16 or fd00:7::/32";
    const match = /^([0-9a-fA-F:.]{2,45})\/(0|[1-9][0-9]{0,2})$/.exec(text);
    const [address = "", length] = [match?.[1], Number(match?.[2])];
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    if (match === null || family === 0 || length > bits) return refused(allowed);
    const number = family === 4 ? fromV4(address) : fromV6(address);
    const hostBits = BigInt(bits - length);
    const network = (number >> hostBits) << hostBits;
    if (network !== number) {
      const whole = `${family === 4 ? toV4(network) : toV6(network)}/${length}`;
      return refused(`a prefix without bits behind its length: ${whole}`);
    }
    return parsed(`${family === 4 ? address : toV6(network)}/${length}`);
  },
  write: (value) => value,
};

function fromV4(address: string): bigint {
  return address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function toV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

/** @param address valid, possibly with :: or a dotted tail. */
function fromV6(address: string): bigint {
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const groups = [...left, ...zeros, ...right];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** RFC 5952. */
function toV6(value: bigint): string {
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    groups.push(((value >> shift) & 0xffffn).toString(16));
  }
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/** Where a node of a chain answers JSON-RPC. May carry a key: it is never shown but by `config`. */
export const rpcUrl: Form<string> = {
  read: (text) => {
    const local = /^unix:\/[^\s]{1,106}$/.test(text);
    const parsedUrl = URL.canParse(text) ? new URL(text) : undefined;
    if (local || /^https?:$/.test(parsedUrl?.protocol ?? "")) return parsed(text);
    return refused("a URL: http://, https://, or unix:/path of a socket");
  },
  write: (value) => value,
};
