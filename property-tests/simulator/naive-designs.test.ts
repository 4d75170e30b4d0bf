import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FailureReport, optionsOf, reportFailure } from "./failure/failure-report.ts";
import { type NaiveDesign, naiveDesignNames, naiveDesigns } from "./network/naive-design.ts";
import { resultOf } from "./network/result.ts";
import { simulate } from "./network/simulation.ts";
import { readScenarioFile } from "./scenario/scenario-file.ts";

/** A checker that catches nothing is none: each wrong design breaks the theorem it offends. */

function scenarioAt(path: string) {
  const reading = readScenarioFile(path);
  if (!reading.ok) throw new Error(reading.words);
  return reading.scenario;
}

const kept = (name: string) =>
  scenarioAt(fileURLToPath(new URL(`./scenarios/${name}.json`, import.meta.url)));

const offences: Readonly<Record<NaiveDesign, readonly [scenario: string, theorem: string]>> = {
  sendsBeforeJournal: ["power-cuts", "no false alarm"],
  countsTwiceOnRestart: ["power-cuts", "T8"],
  grantsDouble: ["price-war", "T7"],
  quotaBeyondReservation: ["price-war", "T1"],
  gateBeyondLease: ["hostile-neighbours", "T7"],
  throttlesOnLoss: ["price-war", "no false throttle"],
  deafToVouchers: ["price-war", "T20"],
  uncoveredResale: ["gateway-client", "T12"],
  throwsOnRepetition: ["power-cuts", "no throw"],
};

test.each(naiveDesignNames)("%s is caught, in a scenario that the shipped rules pass", (name) => {
  const [file, theorem] = offences[name];
  const scenario = kept(file);
  const broken = simulate(scenario, { defect: naiveDesigns[name] }).violations;
  expect(broken.map((one) => one.theorem)).toContain(theorem);
});

describe("a failure is made small and can be run again", () => {
  let folder = "";
  let report: FailureReport | undefined;
  const choice = { seed: 5, keys: "fast", defect: "countsTwiceOnRestart" } as const;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "simulation-"));
    report = reportFailure(kept("power-cuts"), choice, folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("of five nodes and sixty faults, two nodes and one crash are left", () => {
    const small = scenarioAt(report?.scenario ?? "");
    expect(small.nodes.length).toBeLessThanOrEqual(3);
    expect(small.links.length).toBeLessThanOrEqual(2);
    expect(small.flows.length).toBe(1);
    expect(small.faults.map(({ kind }) => kind)).toEqual(["crash"]);
  });

  test("the file that is left breaks the same theorem in the same step, and passes by the shipped rules", () => {
    const small = scenarioAt(report?.scenario ?? "");
    const result = resultOf(simulate(small, optionsOf(choice)), choice.seed);
    expect(result.violations[0]).toEqual(report?.violation);
    expect(simulate(small, { seed: choice.seed }).violations).toEqual([]);
  });

  test("the report names the seed and one command, and the trace ends with the violation", () => {
    expect(report).toMatchObject({ seed: 5, violation: { theorem: "T8" } });
    expect(report?.again).toBe(
      `npm run simulate -- --scenario ${report?.scenario} --seed 5 --defect countsTwiceOnRestart`,
    );
    const lines = readFileSync(report?.trace ?? "", "utf8").split("\n");
    expect(lines.some((line) => line.includes("fault: crash"))).toBe(true);
    expect(lines.findLast((line) => line.includes("**"))).toContain("VIOLATION T8");
  });
});
