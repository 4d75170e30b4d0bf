import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Violation } from "../simulator/check/violation.ts";
import { fuzz } from "../simulator/fuzz/fuzz.ts";
import { simulate } from "../simulator/network/simulation.ts";
import { readScenarioFile } from "../simulator/scenario/scenario-file.ts";

const usage = `usage: npm run nightly -- simulate [--minutes N] [--seeds N] [--seed N] [--json]

  --minutes N  random scenarios on all cores, for so long       (480)
  --seeds N    every scenario that is kept, by so many seeds    (20)
  --seed N     the first seed of both                           (1)`;

/** The most minutes and seeds that can be asked for. */
const most = { minutes: 60 * 24 * 30, seeds: 100_000, seed: 2 ** 52 } as const;

/** A kept scenario that broke a theorem by some seed. */
interface Broken {
  readonly scenario: string;
  readonly seed: number;
  readonly violation: Violation;
}

/** `npm run nightly -- simulate`: networks for hours. Gives the exit code: 0 where nothing broke. */
export async function simulateNight(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      minutes: { type: "string", default: "480" },
      seeds: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [minutes, seeds, seed] = [values.minutes, values.seeds, values.seed].map(Number);
  const isUsable =
    isWithin(minutes, 1, most.minutes) &&
    isWithin(seeds, 0, most.seeds) &&
    isWithin(seed, 0, most.seed);
  if (values.help || !isUsable) {
    console.log(usage);
    return values.help ? 0 : 3;
  }
  const kept = keptScenarios(seed, seeds);
  const folder = join(tmpdir(), `simulation-failures-${process.pid}`);
  const random = await fuzz({ seed, minutes, scenarios: Number.MAX_SAFE_INTEGER - seed, folder });
  const isRight = kept.broken.length === 0 && random.fuzz === "passed";
  const again = `npm run nightly -- simulate --minutes ${minutes} --seeds ${seeds} --seed ${seed}`;
  const told = { simulate: isRight ? "passed" : "failed", kept, random, again };
  if (values.json) console.log(JSON.stringify(told));
  else console.dir(told, { depth: 5 });
  return isRight ? 0 : 1;
}

function isWithin(value: number | undefined, least: number, limit: number): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= least && value <= limit;
}

/** Every kept scenario by so many seeds. */
function keptScenarios(first: number, seeds: number) {
  const directory = fileURLToPath(new URL("../simulator/scenarios/", import.meta.url));
  const files = readdirSync(directory).filter((name) => name.endsWith(".json"));
  const broken: Broken[] = [];
  let runs = 0;
  let faults = 0;
  for (const file of files.toSorted()) {
    const reading = readScenarioFile(join(directory, file));
    if (!reading.ok) throw new Error(reading.words);
    for (let seed = first; seed < first + seeds; seed++) {
      const net = simulate(reading.scenario, { seed });
      runs += 1;
      faults += net.injected.length;
      const [violation] = net.violations;
      if (violation !== undefined) {
        broken.push({ scenario: basename(file, ".json"), seed, violation });
      }
    }
  }
  return { scenarios: files.length, runs, faultsInjected: faults, broken };
}
