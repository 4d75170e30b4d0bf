import { bytesToHex } from "@noble/hashes/utils.js";
import type { Signer } from "#core/identity/signature.ts";
import { isSecret, secretLength, secretSigner } from "./secret-signer.ts";
import { clamped, tunnelKeyLength, tunnelPublicKey } from "./tunnel-key.ts";

/** The two secrets of a node. Exists only between a file and the closures that use it. */
export interface Secrets {
  /** secp256k1, 32 bytes. */
  readonly node: Uint8Array;
  /** X25519, 32 bytes, clamped. */
  readonly tunnel: Uint8Array;
}

/** What a key file holds, or why it is not one. No message has any of the file's characters. */
export type KeyFileText =
  | { readonly kind: "keys"; readonly secrets: Secrets; readonly signer: Signer }
  | { readonly kind: "malformed"; readonly line: number; readonly allowed: string };

/** The longest key file, in bytes. One that we wrote has about 240. */
export const keyFileLimit = 1024;

const title = "meshtoll keys 1";

/**
 * The text of a key file: a title with the version, the two secrets, and the two public keys that
 * follow from them, so that a flipped bit on the flash is found and not taken for another node.
 */
export function writeKeyFile(secrets: Secrets): string {
  return [
    title,
    `node-secret ${bytesToHex(secrets.node)}`,
    `node-id ${secretSigner(secrets.node).id}`,
    `tunnel-private-key ${Buffer.from(secrets.tunnel).toString("base64")}`,
    `tunnel-public-key ${tunnelPublicKey(secrets.tunnel)}`,
    "",
  ].join("\n");
}

/** Reads what {@link writeKeyFile} wrote, and nothing else. */
export function readKeyFile(text: string): KeyFileText {
  const malformed = (line: number, allowed: string): KeyFileText => ({
    kind: "malformed",
    line,
    allowed,
  });
  const lines = text.split("\n");
  if (lines[0] !== title) return malformed(1, `the words "${title}"`);
  const node = Buffer.from(/^node-secret ([0-9a-f]{64})$/.exec(lines[1] ?? "")?.[1] ?? "", "hex");
  if (node.length !== secretLength || !isSecret(node)) {
    return malformed(2, `"node-secret" and a secp256k1 secret in 64 lower-case hexadecimal digits`);
  }
  const signer = secretSigner(node);
  if (lines[2] !== `node-id ${signer.id}`) {
    return malformed(3, `"node-id" and the id that follows from line 2`);
  }
  const base64 = /^tunnel-private-key ([A-Za-z0-9+/]{43}=)$/.exec(lines[3] ?? "")?.[1] ?? "";
  const tunnel = Buffer.from(base64, "base64");
  // The last digit of base64 has two bits that mean nothing: only one way of writing a key is right.
  const isWritten = tunnel.length === tunnelKeyLength && tunnel.toString("base64") === base64;
  if (!isWritten || !Buffer.from(clamped(tunnel)).equals(tunnel)) {
    return malformed(4, `"tunnel-private-key" and an X25519 private key in base64`);
  }
  if (lines[4] !== `tunnel-public-key ${tunnelPublicKey(tunnel)}`) {
    return malformed(5, `"tunnel-public-key" and the key that follows from line 4`);
  }
  if (lines.length !== 6 || lines[5] !== "") {
    return malformed(6, "nothing, after one line end");
  }
  const secrets = { node: new Uint8Array(node), tunnel: new Uint8Array(tunnel) };
  return { kind: "keys", secrets, signer };
}
