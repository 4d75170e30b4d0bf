import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readScenarioFile } from "../simulator/scenario/scenario-file.ts";
import { marketNetworks } from "./market-networks.ts";
import { marketPlot } from "./market-plot.ts";
import { type MarketRun, runMarket } from "./market-run.ts";

const usage = `usage: npm run market -- [--only NAME] [--steps N] [--json] [--plots FOLDER]

  Runs the networks with a market and prints what they came to: prices and earnings by distance from
  the uplink, changes of prices, messages and bytes until they settled, what forwarders had left over.

  --only NAME      line, ring, tree or mesh alone
  --steps N        ends the trade after so many steps, 1 to 100000: in the midst of changes
  --json           as JSON on one line
  --plots FOLDER   writes market-NAME.svg there: docs has them

Exit code 0: nothing was violated, and nobody who forwards lost. 1: something was. 3: nothing was run.`;

/** The longest trade that can be asked for. */
const stepLimit = 100_000;

function run(): number {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      steps: { type: "string" },
      json: { type: "boolean" },
      plots: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const names = marketNetworks.map(({ name }) => name.slice("market-".length));
  const chosen = names.filter((name) => values.only === undefined || name === values.only);
  if (chosen.length === 0) {
    console.error(`--only: found ${values.only?.slice(0, 40)}, allowed: ${names.join(", ")}`);
    return 3;
  }
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  if (steps !== undefined && !(Number.isInteger(steps) && steps >= 1 && steps <= stepLimit)) {
    console.error(`--steps: found ${values.steps?.slice(0, 40)}, allowed: 1 to ${stepLimit}`);
    return 3;
  }
  const runs = chosen.map((name) => ({ name, ...runOne(name, steps) }));
  for (const { name, picture } of values.plots === undefined ? [] : runs) {
    writeFileSync(join(values.plots ?? ".", `market-${name}.svg`), marketPlot(picture));
  }
  if (values.json === true) console.log(JSON.stringify(runs.map(figuresOf)));
  else for (const one of runs) tell(one);
  const isFine = runs.every(
    ({ result, market }) =>
      result.violations.length === 0 &&
      BigInt(market.leastSlack ?? 0) >= 0n &&
      BigInt(market.leastGain) >= 0n,
  );
  return isFine ? 0 : 1;
}

function runOne(name: string, steps: number | undefined): MarketRun {
  const path = fileURLToPath(new URL(`./market-${name}.json`, import.meta.url));
  const reading = readScenarioFile(path);
  if (!reading.ok) throw new Error(reading.words);
  const { market } = reading.scenario;
  if (steps === undefined || market === undefined) return runMarket(name, reading.scenario);
  return runMarket(name, { ...reading.scenario, market: { ...market, steps } });
}

type NamedRun = MarketRun & { readonly name: string };

function figuresOf({ name, result, market: { sellers, ...market } }: NamedRun) {
  const { violations, digest } = result;
  return {
    network: name,
    sellers: sellers.length,
    ...market,
    violations: violations.length,
    digest,
  };
}

function tell(run: NamedRun): void {
  const { byDistance, settled, ...figures } = figuresOf(run);
  console.log(`\n${run.name}`);
  console.table(byDistance.map(({ distance, ...more }) => ({ fromUplink: distance - 1, ...more })));
  console.log({ ...figures, settled });
}

process.exitCode = run();
