import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrowFaults } from "./arrow.ts";
import { goodFiles, type Plant, plants } from "./plant.ts";
import { shippedFolders, sourceFiles } from "./source-tree.ts";

/**
 * Fences that nobody leans on rot. Here files that break each rule are planted in a copy of the
 * set-up, and the real tools must refuse every one of them, and nothing else.
 */

const settings = [
  "biome.json",
  "core/biome.json",
  "core/no-chance.grit",
  "core/no-pattern.grit",
  "core/no-float.grit",
  "core/no-number-in-billing.grit",
  "adapters/biome.json",
  "package.json",
  "tsconfig.json",
  "core/tsconfig.json",
] as const;

/** What a tool said about each file, by path. */
type Verdicts = ReadonlyMap<string, string>;
const verdicts: Record<Plant["refusedBy"], Verdicts> = {
  lint: new Map(),
  compiler: new Map(),
  arrows: new Map(),
};

let field = "";

beforeAll(() => {
  field = mkdtempSync(join(tmpdir(), "fences-"));
  for (const path of settings) cpSync(path, join(field, path));
  for (const { path, text } of [...plants, ...goodFiles]) {
    mkdirSync(dirname(join(field, path)), { recursive: true });
    writeFileSync(join(field, path), text);
  }
  verdicts.lint = lint();
  symlinkSync(resolve("node_modules"), join(field, "node_modules"));
  verdicts.compiler = compile();
  verdicts.arrows = byPath(
    arrowFaults(sourceFiles(field, shippedFolders)),
    (fault) => fault.split(" ")[0] ?? "",
  );
});

afterAll(() => rmSync(field, { recursive: true, force: true }));

/** Biome over the whole field, before node_modules stand in it: it would read those too. */
function lint(): Verdicts {
  const report = output("node_modules/@biomejs/biome/bin/biome", [
    "lint",
    "--reporter=json",
    "--max-diagnostics=none",
  ]);
  const { diagnostics } = JSON.parse(report) as {
    readonly diagnostics: readonly {
      readonly location: { readonly path: string };
      readonly category: string;
      readonly message: string;
    }[];
  };
  const said = diagnostics.map((it) => `${it.location.path} ${it.category} ${it.message}`);
  return byPath(said, (words) => words.split(" ")[0] ?? "");
}

function compile(): Verdicts {
  const report = output("node_modules/typescript/bin/tsc", ["-p", "core", "--pretty", "false"]);
  return byPath(report.split("\n"), (line) => line.split("(")[0] ?? "");
}

/** What a tool prints, whether it is content or not. */
function output(tool: string, words: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [resolve(tool), ...words], {
      cwd: field,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    if (error instanceof Error && "stdout" in error) return String(error.stdout);
    throw error;
  }
}

function byPath(all: readonly string[], pathOf: (words: string) => string): Verdicts {
  const found = new Map<string, string>();
  for (const words of all) {
    const path = pathOf(words);
    found.set(path, `${found.get(path) ?? ""}${words}\n`);
  }
  return found;
}

describe.each(["lint", "compiler", "arrows"] as const)("the %s", (tool) => {
  const mine = plants.filter((plant) => plant.refusedBy === tool);

  test.each(mine)("refuses $what ($path)", ({ path, saying }) => {
    expect(verdicts[tool].get(path) ?? "nothing").toContain(saying);
  });

  // The compiler's fence stands round the core; the rest is compiled by the root's own settings.
  const good = goodFiles.filter(({ path }) => tool !== "compiler" || path.startsWith("core/"));
  test.each(good)("accepts $path", ({ path }) => {
    expect(verdicts[tool].get(path)).toBeUndefined();
  });
});
