import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { claimTag, isHeld } from "#agent/demo/claim.ts";

test("a tag is held from its claim to its release, and no two claims share one", async () => {
  const one = await claimTag();
  const other = await claimTag();
  expect(one.tag).toMatch(/^[0-9a-z]{5}$/);
  expect(other.tag).not.toBe(one.tag);
  expect(await isHeld(one.tag)).toBe(true);
  one.release();
  expect(await isHeld(one.tag)).toBe(false);
  expect(await isHeld(other.tag)).toBe(true);
  other.release();
});

test("a demo that is killed holds its tag no more, so that the next one may clean up", async () => {
  const claim = fileURLToPath(new URL("../../router-agent/demo/claim.ts", import.meta.url));
  const text = `const { claimTag } = await import(${JSON.stringify(claim)});
    console.log((await claimTag()).tag);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const tag = line.toString("utf8").trim();
  expect(await isHeld(tag)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await isHeld(tag)).toBe(false);
});
