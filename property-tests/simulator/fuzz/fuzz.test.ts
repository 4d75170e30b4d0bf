import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommand } from "../command-line.ts";
import { readScenarioFile } from "../scenario/scenario-file.ts";
import { explore, together, unexplored } from "./exploration.ts";
import { fuzz } from "./fuzz.ts";
import { randomScenario } from "./random-scenario.ts";

test("a seed is a scenario, another seed is another one", () => {
  expect(randomScenario(4)).toEqual(randomScenario(4));
  expect(randomScenario(4)).not.toEqual(randomScenario(5));
});

test("thirty random networks with every fault break no theorem", () => {
  const choice = { keys: "fast", defect: undefined } as const;
  const all = Array.from({ length: 30 }, (_, i) => explore({ ...choice, seed: 500 + i })).reduce(
    together,
    unexplored,
  );
  expect(all).toMatchObject({ scenarios: 30, found: [], falseThrottles: 0 });
  expect(Object.keys(all.faults).length).toBe(8);
});

test("a wrong rule is found among random networks, on all cores, and written down small", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    const minutes = 10;
    const result = await fuzz({ seed: 1, minutes, scenarios: 4, folder, defect: "grantsDouble" });
    expect(result).toMatchObject({ fuzz: "failed", scenarios: 4 });
    const [failure] = result.failures;
    expect(failure?.violation.theorem).toBe("T7");
    const small = readScenarioFile(failure?.scenario ?? "");
    expect(small.ok && small.scenario.nodes.length).toBe(3);
    expect(readFileSync(failure?.trace ?? "", "utf8")).toContain("VIOLATION T7");
    const [, words = ""] = failure?.again.split(" -- ") ?? [];
    expect(readCommand(words.split(" "))).toMatchObject({
      do: "scenario",
      options: { file: failure?.scenario, seed: failure?.seed, defect: "grantsDouble" },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
