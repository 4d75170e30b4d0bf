import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const lastWords = fileURLToPath(new URL("../../router-agent/audit/last-words.ts", import.meta.url));

/** Says three megabytes, more than any pipe holds, and ends with 1 as `end` has it. */
const program = (end: string) => `
  import { afterLastWords } from ${JSON.stringify(lastWords)};
  process.stdout.write("x".repeat(3_000_000));
  ${end}`;

async function heardSlowly(script: string) {
  const words = ["--input-type=module", "-e", script];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await once(child.stdout, "readable");
  await Promise.race([ended, setTimeout(500)]); // long enough for one that does not wait
  const said = await text(child.stdout);
  return { code: (await ended)[0], heard: said.length };
}

test("a program that refuses is heard to its last word, however slowly somebody reads", async () => {
  const told = await heardSlowly(program("afterLastWords((code) => process.exit(code))(1);"));
  expect(told).toEqual({ code: 1, heard: 3_000_000 });
});

test("one that just leaves is not: that is what it is for", async () => {
  const { heard } = await heardSlowly(program("process.exit(1);"));
  expect(heard).toBeLessThan(3_000_000);
});
