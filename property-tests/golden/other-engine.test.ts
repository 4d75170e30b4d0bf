import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runInQuickJs } from "../engine-neutral/quick-js.ts";

test.each(["events", "commits", "messages", "digests", "run"])(
  "QuickJS computes every byte of the golden %s",
  async (what) => {
    const text = readFileSync(new URL(`${what}.json`, import.meta.url), "utf8");
    expect(await runInQuickJs("property-tests/golden/entry.ts", text)).toBe(text);
  },
);
