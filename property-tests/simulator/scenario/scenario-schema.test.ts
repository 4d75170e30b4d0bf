import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scenarioMembers } from "./scenario-reader.ts";
import { scenarioSchema } from "./scenario-schema.ts";

const docs = readFileSync("docs/simulator.md", "utf8");

test("the schema that is published is the one that the program prints", () => {
  const [, published = "{}"] = /```json\n([\s\S]*?)\n```/.exec(docs) ?? [];
  expect(JSON.parse(published)).toEqual(scenarioSchema);
});

test("the schema knows the members that the reader knows", () => {
  const properties = Object.keys(Reflect.get(scenarioSchema, "properties") as object);
  expect(properties.toSorted()).toEqual([...scenarioMembers].toSorted());
});

test("every scenario that is kept is told about", () => {
  const folder = fileURLToPath(new URL("../scenarios/", import.meta.url));
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    expect(docs).toContain(`| \`${file.slice(0, -".json".length)}\` |`);
  }
});
