import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runInQuickJs } from "../engine-neutral/quick-js.ts";

test.each(["events", "commits", "messages-1", "messages-2", "digests", "run-1", "run-2"])(
  "QuickJS computes every byte of the golden %s",
  async (what) => {
    const text = readFileSync(new URL(`${what}.json`, import.meta.url), "utf8");
    expect(await runInQuickJs("property-tests/golden/entry.ts", text)).toBe(text);
  },
);
