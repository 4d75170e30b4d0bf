import { describe, expect, test } from "vitest";
import { shippedFolders, sourceFiles } from "./source-tree.ts";
import { lineLimit, undocumented, untidiness } from "./tidiness.ts";

const everywhere = [...shippedFolders, "proofs", "property-tests"];

test("every file is a kebab-case noun that says something, short enough, and finished", () => {
  // The words this very test looks for stand in its own files.
  const files = sourceFiles(".", everywhere).filter(({ path }) => !/\/tidiness/.test(path));
  expect(files.flatMap(untidiness)).toEqual([]);
});

test("every export of shipped code says what it is for", () => {
  expect(sourceFiles(".", shippedFolders).flatMap(undocumented)).toEqual([]);
});

test("no file knows where on a machine it was written", () => {
  const here = `${process.cwd()}/`;
  const knowing = sourceFiles(".", everywhere).filter(({ text }) => text.includes(here));
  expect(knowing.map(({ path }) => path)).toEqual([]);
});

describe("the look at tidiness finds", () => {
  const finds = (path: string, text: string) => untidiness({ path, text }).join("\n");

  test("names that say nothing, and names in camels", () => {
    expect(finds("core/node/utils.ts", "")).toContain("says nothing");
    expect(finds("core/node/index.ts", "")).toContain("says nothing");
    expect(finds("core/node/someThing.ts", "")).toContain("kebab-case");
    expect(finds("core/node/some-thing.ts", "")).toBe("");
    expect(finds("property-tests/lab/some.lab.test.ts", "")).toBe("");
  });

  test("one line too many", () => {
    expect(finds("core/node/long.ts", "x\n".repeat(lineLimit + 1))).toContain("401 lines");
    expect(finds("core/node/long.ts", "x\n".repeat(lineLimit))).toBe("");
  });

  test("left-overs, with their line", () => {
    expect(finds("core/a.ts", "\n// TODO later\n")).toContain("core/a.ts:2");
    expect(finds("core/a.ts", 'test.only("x")')).toContain("switched off");
    expect(finds("core/a.ts", 'test.skip("x")')).toContain("switched off");
    expect(finds("core/a.ts", 'test.skipIf(true)("x")')).toBe("");
  });

  test("an export without a docstring, and takes overloads as one", () => {
    const missing = (text: string) => undocumented({ path: "core/a.ts", text });
    expect(missing("export const a = 1;")).toEqual(["core/a.ts:1: a has no docstring"]);
    expect(missing("/** One. */\nexport const a = 1;")).toEqual([]);
    expect(missing("/** F. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;")).toEqual(
      [],
    );
  });
});
