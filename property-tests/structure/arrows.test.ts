import { expect, test } from "vitest";
import { arrowFaults } from "./arrow.ts";
import { importsOf, shippedFolders, sourceFiles } from "./source-tree.ts";

const files = sourceFiles(".", [...shippedFolders, "proofs"]);

test("every import goes along the arrows core <- adapters <- router-agent, and down the rooms of the core", () => {
  expect(arrowFaults(files)).toEqual([]);
});

test("the look at the arrows sees the imports there are", () => {
  const all = files.flatMap(importsOf);
  expect(all).toContain("#core/units/money.ts");
  expect(all).toContain("./turn.ts");
  expect(all).toContain("#agent/demo/demo.ts");
  expect(all.length).toBeGreaterThan(files.length);
});
