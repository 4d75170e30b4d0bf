import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileKeys, rotateTunnelKey, sealKeys } from "#adapters/keys/file-keys.ts";
import { isSealed, seal, unseal } from "#adapters/keys/key-seal.ts";
import { Keys } from "#adapters/keys/keys.ts";
import type { KeysError } from "#adapters/keys/keys-error.ts";

let room: string;
let path: string;
let passphrase: string;
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), "sealed-"));
  path = join(room, "keys");
  passphrase = join(room, "passphrase");
  writeFileSync(passphrase, "correct horse battery\nsecond line", { mode: 0o600 });
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

const load = (withPassphrase: boolean): Effect.Effect<Keys["Service"], KeysError> =>
  Effect.provide(
    Effect.gen(function* () {
      return yield* Keys;
    }),
    fileKeys(path, withPassphrase ? passphrase : undefined),
  );
const keys = (withPassphrase: boolean) => Effect.runPromise(load(withPassphrase));
const refusal = async (withPassphrase: boolean) =>
  (await Effect.runPromise(Effect.flip(load(withPassphrase)))).message;

describe("sealed keys", () => {
  test("are made sealed where a passphrase is configured, and are the same ever after", async () => {
    const { nodeId } = await keys(true);
    const text = readFileSync(path, "utf8");
    expect(isSealed(text)).toBe(true);
    expect(text).not.toMatch(/node-secret|tunnel-private-key/);
    expect(text).not.toContain(nodeId);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await keys(true)).nodeId).toBe(nodeId);
  });

  test("do not open without the passphrase, with another one, or altered anywhere", async () => {
    await keys(true);
    expect(await refusal(false)).toMatch(/is sealed: name the file of its passphrase/);
    const text = readFileSync(path, "utf8");
    for (let at = 0; at < text.length; at += 29) {
      const other = text[at] === "0" ? "1" : "0";
      writeFileSync(path, text.slice(0, at) + other + text.slice(at + 1));
      expect(await refusal(true), `character ${at}`).toMatch(/malformed|does not open|not sealed/);
    }
    writeFileSync(path, text);
    writeFileSync(passphrase, "another passphrase");
    const words = await refusal(true);
    expect(words).toMatch(/does not open with this passphrase/);
    expect(words).not.toContain("another passphrase");
  });

  test("another tunnel key leaves the node who it is, sealed or plain, and needs the passphrase", async () => {
    const first = await keys(true);
    const rotated = await Effect.runPromise(rotateTunnelKey(path, passphrase));
    const second = await keys(true);
    expect(second.nodeId).toBe(first.nodeId);
    expect(second.tunnelPublicKey).toBe(rotated);
    expect(rotated).not.toBe(first.tunnelPublicKey);
    expect(isSealed(readFileSync(path, "utf8"))).toBe(true);
    const refused = await Effect.runPromise(Effect.flip(rotateTunnelKey(path)));
    expect(refused.message).toContain("is sealed");
    expect((await keys(true)).tunnelPublicKey).toBe(rotated);
    rmSync(path);
    const plain = await keys(false);
    await Effect.runPromise(rotateTunnelKey(path));
    expect((await keys(false)).nodeId).toBe(plain.nodeId);
    expect((await keys(false)).tunnelPublicKey).not.toBe(plain.tunnelPublicKey);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("come from plain ones in place, with the same identity; plain ones are refused until then", async () => {
    const { nodeId } = await keys(false);
    expect(await refusal(true)).toMatch(/keys --seal/);
    await Effect.runPromise(sealKeys(path, passphrase));
    expect((await keys(true)).nodeId).toBe(nodeId);
    const sealed = readFileSync(path, "utf8");
    await Effect.runPromise(sealKeys(path, passphrase));
    expect(readFileSync(path, "utf8")).toBe(sealed);
  });

  test("need a passphrase that others cannot read, and that is not short", async () => {
    await keys(true);
    chmodSync(passphrase, 0o644);
    expect(await refusal(true)).toMatch(/can be read or written by others/);
    chmodSync(passphrase, 0o600);
    writeFileSync(passphrase, "short");
    const words = await refusal(true);
    expect(words).toMatch(/at least 12 characters/);
    expect(words).not.toContain("short\n");
    rmSync(passphrase);
    expect(await refusal(true)).toMatch(/passphrase/);
  });

  test("any text comes back, two seals of one text differ", () => {
    for (const text of ["", "a", "meshtoll keys 1\n".repeat(20)]) {
      const [one, other] = [
        seal(text, "correct horse battery"),
        seal(text, "correct horse battery"),
      ];
      expect(one).not.toBe(other);
      if (text !== "") expect(unseal(one, "correct horse battery")).toEqual({ kind: "text", text });
      expect(unseal(one, "correct horse batterx").kind).not.toBe("text");
    }
  });
});
