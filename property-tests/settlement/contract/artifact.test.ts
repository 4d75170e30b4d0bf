import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  freshArtifacts,
  readSources,
  sourceNames,
} from "#adapters/settlement/contract/artifact.ts";
import { freshTestContracts, madeBy } from "./test-contracts.ts";

const contracts = new URL("../../../adapters/settlement/contract/", import.meta.url);

test("compiling the sources again gives the committed bytes", { timeout: 120_000 }, () => {
  for (const [file, text] of freshArtifacts()) {
    expect(text === readFileSync(file, "utf8"), "run npm run contract").toBe(true);
  }
});

test("so does compiling the contracts of these tests", { timeout: 120_000 }, () => {
  for (const [file, text] of freshTestContracts()) {
    expect(text === readFileSync(file, "utf8"), `run ${madeBy}`).toBe(true);
  }
});

test("each source of the contract has fewer than 200 lines, none longer than 130 characters", () => {
  const sources = readSources(contracts, sourceNames);
  for (const text of Object.values(sources)) {
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(200);
    expect(lines.filter((line) => line.length > 130)).toEqual([]);
  }
});
