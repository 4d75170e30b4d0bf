import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { ScenarioOptions } from "./command-line.ts";
import { type FailureReport, optionsOf, reportFailure } from "./failure/failure-report.ts";
import { resultOf } from "./network/result.ts";
import { simulate } from "./network/simulation.ts";
import { htmlReport } from "./report/html-report.ts";
import { timeSeries } from "./report/time-series.ts";
import { readScenarioFile } from "./scenario/scenario-file.ts";

/** Runs one scenario file and tells its result. Gives the exit code. */
export function runScenario(options: ScenarioOptions): number {
  const reading = readScenarioFile(options.file);
  if (!reading.ok) {
    console.error(reading.words);
    return 3;
  }
  const { scenario } = reading;
  const { keys, defect, json } = options;
  const seed = options.seed ?? scenario.seed;
  const choice = { seed, keys, defect };
  const began = performance.now();
  const series = options.html === undefined ? undefined : timeSeries();
  const net = simulate(scenario, optionsOf(choice), series?.watch);
  const seconds = (performance.now() - began) / 1000;
  const result = resultOf(net, seed);
  const isBroken = result.violations.length > 0;
  const failure =
    isBroken && options.shrink ? reportFailure(scenario, choice, options.folder) : undefined;
  if (json) console.log(JSON.stringify(failure === undefined ? result : { ...result, failure }));
  else console.dir(result, { depth: 4 });
  if (options.html !== undefined && series !== undefined) {
    const name = basename(options.file, ".json");
    const samples = series.samples();
    writeFileSync(options.html, htmlReport({ name, scenario, result, samples }));
    console.error(`report: ${options.html}`);
  }
  if (failure !== undefined) console.error(failureText(failure));
  console.error(
    `${net.nodeSteps} node-steps in ${seconds.toFixed(2)} s: ${Math.round(net.nodeSteps / seconds)}/s`,
  );
  return isBroken ? 1 : 0;
}

/** A failure, for a person. */
export function failureText({ seed, violation, scenario, trace, again }: FailureReport): string {
  const { theorem, step, payer, payee, words } = violation;
  const who = [payer, payee].filter((one) => one !== "").join(" towards ");
  return [
    `BROKEN: ${theorem} in step ${step}${who === "" ? "" : `, ${who}`}: ${words}`,
    `  seed      ${seed}`,
    `  scenario  ${scenario}`,
    `  trace     ${trace}`,
    `  again     ${again}`,
  ].join("\n");
}
