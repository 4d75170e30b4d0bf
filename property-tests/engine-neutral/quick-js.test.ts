import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runInNode, runInQuickJs } from "./quick-js.ts";

const example = "property-tests/engine-neutral/example-entry.ts";
const network = "property-tests/engine-neutral/network-entry.ts";

describe("QuickJS and Node give the same bytes", () => {
  test.each(["0", "1", "1500", "18446744073709551615"])(
    "for money, canonical form, hashes and signatures over %s bytes",
    async (input) => {
      const node = await runInNode(example, input);
      expect(node).toContain("holds true\nof the other false");
      expect(await runInQuickJs(example, input)).toBe(node);
    },
  );

  test("for every journal of a network of routers that loses, reboots and settles", async () => {
    const node = await runInNode(network, "modelled 40");
    expect(node).toContain("PositionLeapt");
    expect(node).toContain("VoucherCredited");
    expect(await runInQuickJs(network, "modelled 40")).toBe(node);
  });

  test("for every journal of a network that signs for real", async () => {
    const node = await runInNode(network, "real 2");
    expect(node).toContain("VoucherCredited");
    expect(await runInQuickJs(network, "real 2")).toBe(node);
  });
});

describe("the engine is as bare and as small as it claims", () => {
  const folder = mkdtempSync(join(tmpdir(), "bare-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const entry = (name: string, expression: string): string => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, `export const run = (inputText: string) => ${expression};\n`);
    return path;
  };

  test.each([
    "TextEncoder",
    "TextDecoder",
    "Buffer",
    "process",
    "setTimeout",
    "crypto",
    "URL",
    "structuredClone",
    "fetch",
  ])("there is no %s", async (name) => {
    expect(await runInQuickJs(entry(name, `typeof ${name} + inputText`), "!")).toBe("undefined!");
  });

  test("what takes more than 16 MB fails, with the engine's words", async () => {
    const path = entry("greedy", 'inputText.repeat(20_000_000).length + ""');
    await expect(runInQuickJs(path, "ab")).rejects.toThrow("out of memory");
  });

  test("and so does what takes more than that in small pieces", async () => {
    const pieces = "{ length: Number(inputText) }, (_, i) => ({ i })";
    const path = entry("hoarder", `String(Array.from(${pieces}).length)`);
    await expect(runInQuickJs(path, "1000")).resolves.toBe("1000");
    await expect(runInQuickJs(path, "300000")).rejects.toThrow(/QuickJS: it took \d{8} bytes/);
  });

  test("what a module throws is told, with its place", async () => {
    const path = entry("thrower", "BigInt(inputText).toString()");
    await expect(runInQuickJs(path, "no number")).rejects.toThrow(/QuickJS: .*\n.*run/s);
  });

  test("an import that cannot be bundled is refused, not left open", async () => {
    const path = join(folder, "open.ts");
    writeFileSync(path, 'export { readFileSync as run } from "node:fs";\n');
    await expect(runInQuickJs(path, "")).rejects.toThrow();
  });
});
