import { isIPv6 } from "node:net";

/**
 * A link-local address (RFC 4291, section 2.5.6) in its canonical text (RFC 5952), or undefined.
 * Takes no zone: which interface is meant is always said apart.
 */
export function linkLocal(text: string): string | undefined {
  if (text.length > 39 || !isIPv6(text) || text.includes("%")) return undefined;
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  return /^fe[89ab][0-9a-f]:/.test(canonical) ? canonical : undefined;
}

/** An address as the kernel reports it, "fe80::1%eth0", in its two parts. */
export function splitZone(address: string): {
  readonly address: string;
  readonly zone: string | undefined;
} {
  const at = address.indexOf("%");
  if (at < 0) return { address, zone: undefined };
  return { address: address.slice(0, at), zone: address.slice(at + 1) };
}
