import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leastPassword, longestPassword, passwordIn } from "#agent/status-page/password-file.ts";
import { complaints } from "../config/config-bench.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-password-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const file = (text: string, mode = 0o600) => {
  const path = join(home, "password");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
const words = async (path: string) =>
  (await Effect.runPromise(Effect.flip(passwordIn(path)))).words;

test("the first line is the password, from the shortest to the longest", async () => {
  for (const length of [leastPassword, longestPassword]) {
    const secret = "x".repeat(length);
    expect(await Effect.runPromise(passwordIn(file(`${secret}\nmore\n`)))).toBe(secret);
    expect(await Effect.runPromise(passwordIn(file(secret)))).toBe(secret);
  }
});

test("one that is too short, too long or has spaces is refused, and not quoted", async () => {
  for (const secret of [
    "",
    "y".repeat(leastPassword - 1),
    "y".repeat(longestPassword + 1),
    `yyyyyyyy ${"y".repeat(leastPassword)}`,
  ]) {
    const said = await words(file(secret));
    expect(said).toContain(`${leastPassword} to ${longestPassword}`);
    expect(said).not.toContain("yy");
  }
});

test("a file that others can read, is none, or is absent is refused with what to do", async () => {
  expect(await words(file("x".repeat(30), 0o640))).toContain("give it mode 600");
  expect(await words(join(home, "absent"))).toContain("ENOENT");
  const directory = join(home, "directory");
  mkdirSync(directory, { mode: 0o700 });
  expect(await words(directory)).toContain("is not a file");
});

test("a page that others could reach is refused without a password", () => {
  const listen = (text: string) => JSON.stringify({ status_listen: text });
  for (const text of ["0.0.0.0:8470", "192.168.1.1:8470", "[::]:8470", "[fe80::1]:80"]) {
    expect(complaints(listen(text))).toContain("status_listen (line 1): found");
    expect(complaints(listen(text))).toContain("status_token_file");
  }
  for (const text of ["localhost:8470", "127.0.0.1", "127.0.0.1:0", ":8470", "on"]) {
    expect(complaints(listen(text))).toContain("allowed is address:port");
  }
});
