import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { resultOf } from "./network/result.ts";
import { simulate } from "./network/simulation.ts";
import { readScenario } from "./scenario/scenario-reader.ts";

const folder = fileURLToPath(new URL("./scenarios/", import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .toSorted();

function scenarioOf(name: string) {
  const reading = readScenario(readFileSync(`${folder}${name}`, "utf8"));
  if (!reading.ok) throw new Error(`${name}: ${JSON.stringify(reading.problems)}`);
  return reading.scenario;
}

test("ten scenarios are kept, from a line to a mesh of 200 and a chain that is down", () => {
  expect(names.length).toBeGreaterThanOrEqual(10);
});

/**
 * A digest stands for everything that was said, signed and counted in a run. One that changes says
 * that the rules or the byte forms changed: look at why, then renew it (`npx vitest run -u FILE`).
 */
test.each(names)("%s runs as it always did, and nothing is violated", async (name) => {
  const scenario = scenarioOf(name);
  const { violations, falseThrottles, digest, steps, nodeSteps } = resultOf(
    simulate(scenario),
    scenario.seed,
  );
  expect({ violations, falseThrottles }).toEqual({ violations: [], falseThrottles: 0 });
  expect({ digest, steps, nodeSteps }).toMatchSnapshot();
});

test("two runs of one seed are the same run, another seed is another run", () => {
  const scenario = scenarioOf("power-cuts.json");
  const digestOf = (seed: number) => resultOf(simulate(scenario, { seed }), seed).digest;
  expect(digestOf(7)).toBe(digestOf(7));
  expect(digestOf(7)).not.toBe(digestOf(8));
});

test("with real signatures the rules decide the same as with fast ones", () => {
  const scenario = scenarioOf("price-war.json");
  const [fast, real] = (["fast", "real"] as const).map((keys) => {
    const { hops, violations, steps } = resultOf(simulate(scenario, { keys }), scenario.seed);
    return { hops, violations, steps };
  });
  expect(real).toEqual(fast);
});
