import { inspect } from "node:util";
import * as Effect from "effect/Effect";
import * as Redacted from "effect/Redacted";
import { describe, expect, test } from "vitest";
import type { Keys } from "#adapters/keys/keys.ts";
import { tunnelPublicKey } from "#adapters/keys/tunnel-key.ts";
import { signedBy } from "#core/identity/signature.ts";

const digest = new Uint8Array(32).fill(5);

/** Every way in which a value could end up in a log, as one text. */
export function printed(value: unknown): string {
  const deep = inspect(value, { depth: 20, showHidden: true, getters: true });
  const fields = typeof value === "object" && value !== null ? Object.values(value) : [];
  return [deep, JSON.stringify(value), String(value), ...fields.map(String)].join("\n");
}

/** What every source of keys does. @param make two calls give the same node. */
export function keysContract(name: string, make: () => Promise<Keys["Service"]>): void {
  describe(`keys contract: ${name}`, () => {
    test("a signature is the node's, over this digest and no other", async () => {
      const keys = await make();
      const signature = keys.signer.sign(digest);
      expect(signature).toHaveLength(65);
      expect(keys.signer.id).toBe(keys.nodeId);
      expect(signedBy(keys.nodeId, digest, signature)).toBe(true);
      expect(signedBy(keys.nodeId, new Uint8Array(32).fill(6), signature)).toBe(false);
    });

    test("the same digest is signed the same way, now and after a restart", async () => {
      const [before, after] = [await make(), await make()];
      expect(after.nodeId).toBe(before.nodeId);
      expect(after.tunnelPublicKey).toBe(before.tunnelPublicKey);
      expect(after.signer.sign(digest)).toEqual(before.signer.sign(digest));
    });

    test("only digests are signed", async () => {
      const { signer } = await make();
      for (const length of [0, 31, 33, 64]) {
        expect(() => signer.sign(new Uint8Array(length))).toThrow("32 bytes");
      }
    });

    test("the tunnel's public key follows from its private key, both as WireGuard writes them", async () => {
      const keys = await make();
      const secret = Redacted.value(keys.tunnelPrivateKey);
      expect(secret).toMatch(/^[A-Za-z0-9+/]{43}=$/);
      expect(tunnelPublicKey(Buffer.from(secret, "base64"))).toBe(keys.tunnelPublicKey);
    });

    test("nothing that prints the keys prints a secret", async () => {
      const keys = await make();
      const secret = Redacted.value(keys.tunnelPrivateKey);
      const text = printed(keys) + printed(Effect.succeed(keys));
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret, "base64").toString("hex"));
      expect(printed(keys.tunnelPrivateKey)).not.toContain(secret);
    });
  });
}
