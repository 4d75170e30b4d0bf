import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { secretSigner } from "#adapters/keys/secret-signer.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { clamped, tunnelPublicKey } from "#adapters/keys/tunnel-key.ts";
import { keysContract } from "../contracts/keys-contract.ts";

keysContract("from a seed", async () => keysFromSeed("anna"));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("keys from elsewhere", () => {
  test("other seeds are other nodes", () => {
    const ids = ["anna", "berta", "Anna", ""].map((seed) => keysFromSeed(seed).nodeId);
    expect(new Set(ids).size).toBe(4);
  });

  test("signs as the known vector of RFC 6979 on secp256k1 says", () => {
    // Secret 1, SHA-256 of "Satoshi Nakamoto": in the test suites of trezor-crypto and btcd.
    const one = new Uint8Array(32);
    one[31] = 1;
    const signature = secretSigner(one).sign(sha256(utf8ToBytes("Satoshi Nakamoto")));
    expect(hex(signature.subarray(0, 32))).toBe(
      "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8",
    );
    expect(hex(signature.subarray(32, 64))).toBe(
      "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
    );
    expect([27, 28]).toContain(signature[64]);
  });

  test("a number outside of the group is no secret", () => {
    expect(() => secretSigner(new Uint8Array(32))).toThrow("not a secp256k1 secret");
    expect(() => secretSigner(new Uint8Array(32).fill(255))).toThrow("not a secp256k1 secret");
    expect(() => secretSigner(new Uint8Array(31).fill(1))).toThrow("not a secp256k1 secret");
  });

  test("derives the public tunnel key as RFC 7748, section 6.1 says", () => {
    const known = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    const secret = hexToBytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    expect(Buffer.from(tunnelPublicKey(secret), "base64").toString("hex")).toBe(known);
    expect(tunnelPublicKey(clamped(secret))).toBe(tunnelPublicKey(secret));
    expect(() => tunnelPublicKey(secret.subarray(1))).toThrow("32 bytes");
  });
});
