import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Redacted from "effect/Redacted";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { keyFileLimit, readKeyFile } from "#adapters/keys/key-file-text.ts";
import { Keys } from "#adapters/keys/keys.ts";
import type { KeysError } from "#adapters/keys/keys-error.ts";
import { keysContract, printed } from "../contracts/keys-contract.ts";

const room = mkdtempSync(join(tmpdir(), "keys-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));
let files = 0;
const freshPath = (): string => join(room, `node-${files++}`, "keys");

const load = (path: string): Effect.Effect<Keys["Service"], KeysError> =>
  Effect.provide(
    Effect.gen(function* () {
      return yield* Keys;
    }),
    fileKeys(path),
  );
const keysAt = (path: string) => Effect.runPromise(load(path));
const refusalAt = (path: string) => Effect.runPromise(Effect.flip(load(path)));
const mode = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

const shared = freshPath();
keysContract("from a file", () => keysAt(shared));

describe("the key file", () => {
  test("is made on the first run, for nobody else's eyes, and nothing is left beside it", async () => {
    const path = freshPath();
    await keysAt(path);
    expect(mode(path)).toBe("600");
    expect(mode(join(path, ".."))).toBe("700");
    expect(readdirSync(join(path, ".."))).toEqual(["keys"]);
  });

  test("two nodes have not the same keys", async () => {
    const [one, other] = [await keysAt(freshPath()), await keysAt(freshPath())];
    expect(one.nodeId).not.toBe(other.nodeId);
    expect(one.tunnelPublicKey).not.toBe(other.tunnelPublicKey);
  });

  test("many processes that start at about the same time agree on one identity", async () => {
    for (let round = 0; round < 10; round++) {
      const path = freshPath();
      const starts = Array.from({ length: 16 }, async (_, i) => {
        for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setImmediate(resolve));
        return keysAt(path);
      });
      const all = await Promise.all(starts);
      expect(new Set(all.map(({ nodeId }) => nodeId)).size).toBe(1);
      expect(readdirSync(join(path, ".."))).toEqual(["keys"]);
    }
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o610])(
    "is refused with mode %o, with the chmod to type",
    async (bits) => {
      const path = freshPath();
      await keysAt(path);
      const before = readFileSync(path, "utf8");
      chmodSync(path, bits);
      const refusal = await refusalAt(path);
      expect(refusal._tag).toBe("KeysExposed");
      expect(refusal.message).toContain(`chmod 600 ${path}`);
      expect(refusal.message).toContain(`mode 0${bits.toString(8)}`);
      expect(readFileSync(path, "utf8")).toBe(before);
    },
  );

  test("is refused in a directory where others could replace it", async () => {
    const path = freshPath();
    await keysAt(path);
    chmodSync(join(path, ".."), 0o777);
    const refusal = await refusalAt(path);
    expect(refusal._tag).toBe("KeysExposed");
    expect(refusal.message).toContain("chmod go-w");
  });

  test("is not followed through a symbolic link, nor made where a directory stands", async () => {
    const path = freshPath();
    await keysAt(path);
    const alias = join(path, "..", "alias");
    symlinkSync(path, alias);
    expect(await refusalAt(alias)).toMatchObject({ _tag: "KeysUnavailable", code: "ELOOP" });
    const directory = join(path, "..", "directory");
    mkdirSync(directory, { mode: 0o700 });
    expect((await refusalAt(directory))._tag).toBe("KeysUnavailable");
  });

  test("is refused when longer than a key file can be, and not read to its end", async () => {
    const path = freshPath();
    await keysAt(path);
    writeFileSync(path, readFileSync(path, "utf8") + "\n".repeat(keyFileLimit));
    expect((await refusalAt(path)).message).toContain(`at most ${keyFileLimit} bytes`);
  });

  test("a place that cannot be made is an error with words, not a crash", async () => {
    const path = freshPath();
    await keysAt(path);
    const refusal = await refusalAt(join(path, "below-a-file", "keys"));
    expect(refusal).toMatchObject({ _tag: "KeysUnavailable", code: "ENOTDIR" });
    expect(existsSync(join(path, "below-a-file"))).toBe(false);
  });

  test("is refused where a key is written with stray bits, which decode to the same key", async () => {
    const path = freshPath();
    await keysAt(path);
    const good = readFileSync(path, "latin1");
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (const bits of [1, 2, 3]) {
      const bad = good.replace(
        /(tunnel-private-key \S{42})(\S)=/,
        (_, before: string, last: string) => {
          return `${before}${digits[digits.indexOf(last) ^ bits]}=`;
        },
      );
      expect(bad).not.toBe(good);
      expect(readKeyFile(bad)).toMatchObject({ kind: "malformed", line: 4 });
    }
  });

  test("with any one character altered is refused, unaltered, and shows no secret", async () => {
    const path = freshPath();
    const keys = await keysAt(path);
    const good = readFileSync(path, "latin1");
    const nodeSecret = /node-secret (\S+)/.exec(good)?.[1] ?? "none";
    const secrets = [Redacted.value(keys.tunnelPrivateKey), nodeSecret];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 127 }),
        async (at, flip) => {
          const altered = String.fromCharCode(good.charCodeAt(at) ^ flip);
          const bad = good.slice(0, at) + altered + good.slice(at + 1);
          writeFileSync(path, bad, "latin1");
          const exit = await Effect.runPromiseExit(load(path));
          expect(Exit.isFailure(exit)).toBe(true);
          if (!Exit.isFailure(exit)) return;
          const text = printed(exit) + Cause.pretty(exit.cause);
          expect(text).toContain("KeysMalformed");
          for (const secret of secrets) {
            // Not even a piece of it.
            for (let i = 0; i + 12 <= secret.length; i += 4) {
              expect(text).not.toContain(secret.slice(i, i + 12));
            }
          }
          expect(readFileSync(path, "latin1")).toBe(bad);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("no text whatever makes the reader throw", async () => {
    await fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
        expect(readKeyFile(text).kind).toBe("malformed");
        expect(readKeyFile(`meshtoll keys 1\n${text}`).kind).toBe("malformed");
      }),
    );
  });
});
