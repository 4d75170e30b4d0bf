import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type FailureReport, type RunChoice, reportFailure } from "../failure/failure-report.ts";
import { type Exploration, together, unexplored } from "./exploration.ts";
import { randomScenario } from "./random-scenario.ts";

/** What is to be explored. */
export interface FuzzOptions {
  /** Seeds from here on. */
  readonly seed: number;
  readonly minutes: number;
  /** At most so many scenarios: the same ones on any machine. */
  readonly scenarios: number;
  readonly jobs?: number | undefined;
  readonly defect?: RunChoice["defect"];
  /** Where failures are written down. */
  readonly folder: string;
}

/** What a thread has to do: seeds `first`, `first + stride`, ... below `end`. */
export interface FuzzTask {
  readonly first: number;
  readonly stride: number;
  readonly end: number;
  readonly milliseconds: number;
  readonly choice: Omit<RunChoice, "seed">;
}

/** What random scenarios came to. */
export interface FuzzResult extends Exploration {
  readonly fuzz: "passed" | "failed";
  readonly seed: number;
  readonly jobs: number;
  readonly seconds: number;
  readonly nodeStepsPerSecondAndCore: number;
  readonly faultsInjected: number;
  /** The first failures, made small. */
  readonly failures: readonly FailureReport[];
  readonly again: string;
}

/** So many failures are made small: that takes longer than finding them. */
const reportLimit = 2;

/** Explores random scenarios on all cores. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, minutes, scenarios, folder, defect } = options;
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), scenarios));
  const choice = { keys: "fast", defect } as const;
  const began = performance.now();
  const threads = Array.from({ length: jobs }, (_, i) =>
    runThread({
      first: seed + i,
      stride: jobs,
      end: seed + scenarios,
      milliseconds: minutes * 60_000,
      choice,
    }),
  );
  const all = (await Promise.all(threads)).reduce(together, unexplored);
  const seconds = (performance.now() - began) / 1000;
  // Told before they are made small, which takes its time.
  for (const { seed: broken, violation } of all.found) {
    console.error(`seed ${broken}: ${violation.theorem}: ${violation.words}`);
  }
  const failures = all.found.slice(0, reportLimit).flatMap((found) => {
    const report = reportFailure(
      randomScenario(found.seed),
      { ...choice, seed: found.seed },
      join(folder, `seed-${found.seed}`),
    );
    return report === undefined ? [] : [report];
  });
  return {
    fuzz: all.found.length === 0 ? "passed" : "failed",
    ...all,
    seed,
    jobs,
    seconds: Math.round(seconds),
    nodeStepsPerSecondAndCore: Math.round(all.nodeSteps / seconds / jobs),
    faultsInjected: Object.values(all.faults).reduce((sum, count) => sum + count, 0),
    failures,
    again: `npm run simulate -- --fuzz --seed ${seed} --scenarios ${all.scenarios}`,
  };
}

function runThread(task: FuzzTask): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./fuzz-worker.ts", import.meta.url), { workerData: task });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
