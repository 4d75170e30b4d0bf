import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resultOf } from "../simulator/network/result.ts";
import { simulate } from "../simulator/network/simulation.ts";
import type { Scenario } from "../simulator/scenario/scenario.ts";
import { readScenario } from "../simulator/scenario/scenario-reader.ts";
import { writeScenario } from "../simulator/scenario/scenario-writer.ts";
import { marketFileText } from "./market-file-text.ts";
import { marketMesh, marketNetworks } from "./market-networks.ts";

function textOf(name: string): string {
  return readFileSync(new URL(`./market-${name}.json`, import.meta.url), "utf8");
}

/** A scenario as it is kept, but shorter: so many steps of trade. */
function scenarioOf(name: string, steps: number): Scenario {
  const reading = readScenario(textOf(name));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { market } = reading.scenario;
  if (market === undefined) throw new Error(`${name} has no market`);
  return { ...reading.scenario, market: { ...market, steps } };
}

function outcomeOf(name: string, steps: number) {
  const scenario = scenarioOf(name, steps);
  const { violations, market, digest } = resultOf(simulate(scenario), scenario.seed);
  if (market === undefined) throw new Error("no market");
  return { violations, digest, ...market };
}

test("the files are what is written for these networks: `node property-tests/scenarios/write.ts`", () => {
  for (const network of marketNetworks) {
    expect(textOf(network.name.slice("market-".length))).toBe(marketFileText(network));
  }
});

test("a scenario with a market is written as it was read", () => {
  const scenario = scenarioOf("ring", 700);
  expect(readScenario(writeScenario(scenario))).toEqual({ ok: true, scenario });
});

test("wishes that contradict themselves are no scenario", () => {
  const market = { floor: "500", ceiling: "400" };
  const text = JSON.stringify({ nodes: [{ id: "1" }], market });
  expect(readScenario(text)).toMatchObject({
    ok: false,
    problems: [{ path: "market", found: '"floor above the ceiling"' }],
  });
});

/** Of so many steps each: enough for prices to rise until buyers leave. */
const shapes = [
  ["line", 2000],
  ["ring", 2000],
  ["tree", 1500],
  ["mesh", 300],
] as const;

test.each(shapes)(
  "on the %s nobody who forwards loses, prices stay within their bounds, and the run is the same again",
  (name, steps) => {
    const { violations, digest, sellers, ...outcome } = outcomeOf(name, steps);
    expect(violations).toEqual([]);
    expect(BigInt(outcome.leastSlack ?? -1)).toBeGreaterThanOrEqual(0n);
    expect(BigInt(outcome.leastGain)).toBeGreaterThanOrEqual(0n);
    expect(outcome.withheld).toBe(0);
    for (const { price, upstream } of sellers) {
      expect(BigInt(price ?? 0)).toBeLessThanOrEqual(1000n);
      expect(BigInt(price ?? 0)).toBeGreaterThanOrEqual(20n);
      expect(BigInt(price ?? 0)).toBeGreaterThanOrEqual(BigInt(upstream) + 5n);
    }
    expect({ digest, changes: outcome.changes, most: outcome.mostChanges }).toMatchSnapshot();
  },
);

test("on a line and a tree whoever is nearer to the uplink is paid more", () => {
  for (const [name, steps] of [
    ["line", 2000],
    ["tree", 1500],
  ] as const) {
    const earned = outcomeOf(name, steps).byDistance.map((one) => BigInt(one.gain));
    expect(earned).toEqual(earned.toSorted((a, b) => (a > b ? -1 : 1)));
    expect(earned.length).toBeGreaterThan(2);
  }
});

test("on a mesh drawn from another seed, ended in the midst of all changes, nobody loses either", () => {
  const reading = readScenario(marketFileText(marketMesh(2)));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { market } = reading.scenario;
  if (market === undefined) throw new Error("no market");
  const scenario = { ...reading.scenario, market: { ...market, steps: 300 } };
  const { violations, market: outcome } = resultOf(simulate(scenario), scenario.seed);
  expect(violations).toEqual([]);
  expect(outcome?.changes).toBeGreaterThan(100);
  expect(BigInt(outcome?.leastSlack ?? -1)).toBeGreaterThanOrEqual(0n);
  expect(BigInt(outcome?.leastGain ?? -1)).toBeGreaterThanOrEqual(0n);
});
