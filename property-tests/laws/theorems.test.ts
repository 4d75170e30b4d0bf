import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rerun, wholeNumber } from "./law-runs.ts";

const folder = "property-tests/laws";

/** What each file of laws says: the names of its tests. */
const laws = new Map(
  globSync(`${folder}/*.test.ts`).map((path) => {
    const text = readFileSync(path, "utf8");
    const names = Array.from(text.matchAll(/\btest(?:\.each\([^;]*?\))?\(\s*"([^"]+)"/g), lawName);
    return [path.slice(folder.length + 1, -".test.ts".length), names] as const;
  }),
);

function lawName(found: RegExpExecArray): string {
  return found[1] ?? "";
}

/** The theorems that a law begins with: "T13, T20: both books agree ...". */
function theoremsOf(name: string): readonly string[] {
  return /^(T\d+(?:, T\d+)*)(?::| )/.exec(name)?.[1]?.split(", ") ?? [];
}

/** The theorems of the protocol, by their names in the table of the page. */
const theorems = Array.from(
  readFileSync("docs/protocol.md", "utf8").matchAll(/^\| \*\*(T\d+)\*\*/gm),
  lawName,
);

test("every theorem of the protocol has a law that begins with its name", () => {
  expect(theorems).toEqual(Array.from({ length: 24 }, (_, i) => `T${i + 1}`));
  const named = new Set([...laws.values()].flat().flatMap(theoremsOf));
  expect(theorems.filter((theorem) => !named.has(theorem))).toEqual([]);
});

test("no law is named by a theorem that the protocol does not have", () => {
  const named = [...laws.values()].flat().flatMap(theoremsOf);
  expect(named.filter((theorem) => !theorems.includes(theorem))).toEqual([]);
});

test("docs/testing.md names, for each theorem, files of laws that have one of its name", () => {
  const page = readFileSync("docs/testing.md", "utf8");
  const rows = Array.from(page.matchAll(/^\| (T\d+) [^|]*\| ([^|]*) \|/gm), ([, theorem, cell]) => {
    const files = Array.from((cell ?? "").matchAll(/`([\w-]+)`/g), lawName);
    return { theorem: theorem ?? "", files };
  });
  expect(rows.map(({ theorem }) => theorem)).toEqual(theorems);
  for (const { theorem, files } of rows) {
    expect(files.length, theorem).toBeGreaterThan(0);
    for (const file of files) {
      const named = (laws.get(file) ?? []).flatMap(theoremsOf);
      expect(named, `${theorem} in ${file}`).toContain(theorem);
    }
  }
});

test("every generated law takes its seed and its number of runs from one place", () => {
  const generated = globSync(`${folder}/*.test.ts`).filter((path) =>
    readFileSync(path, "utf8").includes("fc.assert("),
  );
  expect(generated.length).toBeGreaterThan(15);
  for (const path of generated) {
    const text = readFileSync(path, "utf8");
    expect(text, path).toContain('"./law-runs.ts"');
    expect(text, path).not.toMatch(/fc\.assert\([^;]*?numRuns: \d/s);
  }
});

test("a failed law prints the words for a shell that run it again", () => {
  const failed = {
    seed: -7,
    runs: 60,
    name: "T9: it's (so)",
    file: "property-tests/laws/a.test.ts",
  };
  expect(rerun(failed)).toBe(
    "LAWS_SEED=-7 LAWS_RUNS=60 npx vitest run --project unit property-tests/laws/a.test.ts " +
      "-t 'T9: it'\\''s \\(so\\)'",
  );
});

test.each(["many", "1.5", "0", "-1", "1e3", "10000001"])(
  "LAWS_RUNS = %s is refused with what is allowed",
  (value) => {
    expect(() => wholeNumber("LAWS_RUNS", value, 1, 10_000_000)).toThrow(
      `LAWS_RUNS is "${value}"; it has to be a whole number, 1 to 10000000`,
    );
  },
);
