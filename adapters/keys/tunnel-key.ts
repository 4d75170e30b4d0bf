import { createPrivateKey, createPublicKey } from "node:crypto";

/** Length of an X25519 key in bytes (RFC 7748). */
export const tunnelKeyLength = 32;

/** PKCS #8 of an X25519 private key is this and the 32 bytes (RFC 8410, section 7). */
const pkcs8Head = Buffer.from("302e020100300506032b656e04220420", "hex");

/** 32 random bytes made a private key, as WireGuard's `genkey` does (RFC 7748, section 5). */
export function clamped(bytes: Uint8Array): Uint8Array {
  const key = new Uint8Array(bytes);
  key[0] = (key[0] ?? 0) & 248;
  key[31] = ((key[31] ?? 0) & 127) | 64;
  return key;
}

/** The public key of a private one, in base64. @throws RangeError on other than 32 bytes. */
export function tunnelPublicKey(privateKey: Uint8Array): string {
  if (privateKey.length !== tunnelKeyLength) {
    throw new RangeError(`a tunnel key has ${tunnelKeyLength} bytes, found ${privateKey.length}`);
  }
  const key = Buffer.concat([pkcs8Head, privateKey]);
  const jwk = createPublicKey(createPrivateKey({ key, format: "der", type: "pkcs8" })).export({
    format: "jwk",
  });
  return Buffer.from(String(jwk.x), "base64url").toString("base64");
}
