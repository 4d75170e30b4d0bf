import { expect, test } from "vitest";
import { resultOf } from "../network/result.ts";
import { simulate } from "../network/simulation.ts";
import { readScenarioValue } from "../scenario/scenario-reader.ts";
import { htmlReport } from "./html-report.ts";
import { timeSeries } from "./time-series.ts";

function pageOf(id: string): string {
  const reading = readScenarioValue({
    defaults: { payThreshold: "2000000", creditLimit: "100000000" },
    nodes: [{ id: "1" }, { id, price: "5" }, { id: "3" }],
    links: [
      { a: "1", b: id },
      { a: id, b: "3" },
    ],
    flows: [{ from: "1", to: "3", bytes: "4000000" }],
    faults: [{ node: id, kind: "priceChange", price: "7", afterBytes: "1000000" }],
  });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { scenario } = reading;
  const series = timeSeries();
  const result = resultOf(simulate(scenario, {}, series.watch), scenario.seed);
  return htmlReport({ name: id, scenario, result, samples: series.samples() });
}

test("a report says who earned what, and draws it over time", () => {
  const page = pageOf("ben");
  expect(page).toContain("Nothing violated");
  expect(page.match(/<svg/g)?.length).toBe(5);
  expect(page).toMatch(/<td>ben<\/td><td>7<\/td><td>[0-9\u2009]{10,}<\/td><td>0<\/td>/);
});

test("a node whose name is markup stays a name", () => {
  const page = pageOf('<img src=x onerror="1">');
  expect(page).not.toContain("<img");
  expect(page).toContain("&#60;img");
});
