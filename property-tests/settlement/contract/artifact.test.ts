import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  artifactFile,
  freshArtifact,
  readSources,
  sourceNames,
} from "#adapters/settlement/contract/artifact.ts";

test("compiling the sources again gives the committed bytes", { timeout: 120_000 }, () => {
  expect(freshArtifact() === readFileSync(artifactFile, "utf8"), "run npm run contract").toBe(true);
});

test("each source of the contract has fewer than 200 lines, none longer than 130 characters", () => {
  const sources = readSources(new URL("./", artifactFile), sourceNames);
  for (const text of Object.values(sources)) {
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(200);
    expect(lines.filter((line) => line.length > 130)).toEqual([]);
  }
});
