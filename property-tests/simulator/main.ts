import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { resultOf } from "./network/result.ts";
import { simulate } from "./network/simulation.ts";
import { readScenario } from "./scenario/scenario-reader.ts";

/**
 * `npm run simulate -- --scenario FILE`: runs a whole network and checks the theorems after every
 * step. Exit code 0 where nothing was violated, 1 where something was, 3 where it was not run.
 */
const usage = `usage: npm run simulate -- --scenario FILE [--seed N] [--keys fast|real] [--json]`;

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    seed: { type: "string" },
    keys: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function refuse(words: string): never {
  console.error(words);
  process.exit(3);
}

if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (values.scenario === undefined) refuse(usage);
const reading = readScenario(readFileSync(values.scenario, "utf8"));
if (!reading.ok) {
  const lines = reading.problems.map(
    ({ path, found, allowed }) =>
      `  ${path === "" ? "the file" : path}: found ${found}, allowed: ${allowed}`,
  );
  refuse(`${values.scenario} is no scenario:\n${lines.join("\n")}`);
}
const seed = values.seed === undefined ? reading.scenario.seed : Number(values.seed);
const began = performance.now();
const net = simulate(reading.scenario, { seed, keys: values.keys === "real" ? "real" : "fast" });
const seconds = (performance.now() - began) / 1000;
const result = resultOf(net, seed);
if (values.json) console.log(JSON.stringify(result));
else console.dir(result, { depth: 4 });
console.error(
  `${net.nodeSteps} node-steps in ${seconds.toFixed(2)} s: ${Math.round(net.nodeSteps / seconds)}/s`,
);
process.exit(result.violations.length > 0 ? 1 : 0);
