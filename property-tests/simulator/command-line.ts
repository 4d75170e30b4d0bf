import { parseArgs } from "node:util";
import { type NaiveDesign, naiveDesignNames } from "./network/naive-design.ts";

/** What a person asked for. */
export type Command =
  | { readonly do: "help" }
  | { readonly do: "schema" }
  | { readonly do: "scenario"; readonly options: ScenarioOptions }
  | { readonly do: "fuzz"; readonly options: FuzzChoice }
  | { readonly do: "attacks"; readonly json: boolean }
  | { readonly do: "incumbent"; readonly options: IncumbentChoice }
  /** Nothing that can be done, in words. */
  | { readonly do: "refuse"; readonly words: string };

/** One scenario file is run. */
export interface ScenarioOptions {
  readonly file: string;
  /** Instead of the seed of the file. */
  readonly seed: number | undefined;
  readonly keys: "fast" | "real";
  readonly defect: NaiveDesign | undefined;
  readonly json: boolean;
  /** Where a report with plots goes. */
  readonly html: string | undefined;
  readonly shrink: boolean;
  readonly folder: string;
}

/** Random scenarios are run. */
export interface FuzzChoice {
  readonly seed: number;
  readonly minutes: number;
  readonly scenarios: number;
  readonly jobs: number | undefined;
  readonly defect: NaiveDesign | undefined;
  readonly json: boolean;
  readonly folder: string;
}

/** The incumbent's debt keeper is run beside ours. */
export interface IncumbentChoice {
  readonly seeds: number;
  readonly days: number;
  readonly json: boolean;
}

/** How the program is used. */
export const usage = `usage: npm run simulate -- --scenario FILE [--seed N] [--json] [--html FILE]
       npm run simulate -- --fuzz [--minutes N] [--scenarios N] [--seed N] [--jobs N] [--json]
       npm run simulate -- --incumbent [--seeds N] [--days N] [--json]
       npm run simulate -- --attacks [--json]
       npm run simulate -- --schema

  --scenario FILE  runs a whole network of the shipped step; docs/simulator.md says what FILE holds
  --seed N         instead of the seed of the file; of --fuzz: the first one         (1)
  --json           the result as JSON on one line
  --html FILE      writes a report for operators, with plots
  --keys real      real signatures: a hundred times slower, the same decisions       (fast)
  --no-shrink      a failing scenario is not made small
  --out FOLDER     where failures are written down                    (simulation-failures)
  --defect NAME    a wrong rule that the checkers must catch:
                   ${naiveDesignNames.slice(0, 4).join(", ")},
                   ${naiveDesignNames.slice(4).join(", ")}
  --fuzz           random scenarios on all cores, for so many minutes (5) or scenarios
  --incumbent      Althea's debt keeper beside ours, on the same power cuts
  --attacks        what each known attack gains and costs, beside its proved bound
  --schema         prints the JSON Schema of scenario files

Exit code 0: nothing was violated. 1: something was. 3: nothing was run.`;

/** The most minutes, scenarios, jobs, days and seeds that can be asked for. */
const most = {
  minutes: 60 * 24 * 30,
  scenarios: 1_000_000_000,
  jobs: 1024,
  days: 3650,
  seeds: 10_000,
} as const;

const options = {
  scenario: { type: "string" },
  fuzz: { type: "boolean" },
  incumbent: { type: "boolean" },
  schema: { type: "boolean" },
  attacks: { type: "boolean" },
  seed: { type: "string" },
  seeds: { type: "string" },
  days: { type: "string" },
  minutes: { type: "string" },
  scenarios: { type: "string" },
  jobs: { type: "string" },
  keys: { type: "string" },
  defect: { type: "string" },
  html: { type: "string" },
  out: { type: "string" },
  "no-shrink": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Reads the words of a command line. Never throws: what is wrong is told with what is allowed. */
export function readCommand(words: readonly string[]): Command {
  try {
    return commandOf(parseArgs({ args: [...words], options, strict: true }).values);
  } catch (error) {
    return { do: "refuse", words: error instanceof Error ? error.message : String(error) };
  }
}

type Values = { readonly [N in keyof typeof options]?: string | boolean | undefined };

function commandOf(values: Values): Command {
  if (values.help === true) return { do: "help" };
  const asked = (["scenario", "fuzz", "incumbent", "attacks", "schema"] as const).filter(
    (name) => values[name] !== undefined,
  );
  if (asked.length !== 1) throw new Error(usage);
  const json = values.json === true;
  const folder = wordOf(values.out) ?? "simulation-failures";
  const defect = designOf(wordOf(values.defect));
  switch (asked[0]) {
    case "fuzz": {
      const scenarios = numberOf(values, "scenarios", 1, most.scenarios);
      const minutes = numberOf(values, "minutes", 1, most.minutes);
      const jobs = numberOf(values, "jobs", 1, most.jobs);
      return {
        do: "fuzz",
        options: {
          seed: seedOf(values) ?? 1,
          minutes: minutes ?? (scenarios === undefined ? 5 : most.minutes),
          scenarios: scenarios ?? most.scenarios,
          jobs,
          defect,
          json,
          folder,
        },
      };
    }
    case "incumbent": {
      const seeds = numberOf(values, "seeds", 1, most.seeds) ?? 8;
      const days = numberOf(values, "days", 1, most.days) ?? 30;
      return { do: "incumbent", options: { seeds, days, json } };
    }
    case "attacks":
      return { do: "attacks", json };
    case "schema":
      return { do: "schema" };
    default: {
      const keys = wordOf(values.keys) ?? "fast";
      if (keys !== "fast" && keys !== "real") {
        throw new Error(`--keys: found ${keys}, allowed: fast, real`);
      }
      const html = wordOf(values.html);
      const shrink = values["no-shrink"] !== true;
      const file = wordOf(values.scenario) ?? "";
      const seed = seedOf(values);
      return { do: "scenario", options: { file, seed, keys, defect, json, html, shrink, folder } };
    }
  }
}

function wordOf(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function seedOf(values: Values): number | undefined {
  return numberOf(values, "seed", 0, Number.MAX_SAFE_INTEGER);
}

function numberOf(
  values: Values,
  name: keyof typeof options,
  least: number,
  limit: number,
): number | undefined {
  const text = wordOf(values[name]);
  if (text === undefined) return undefined;
  const found = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (found >= least && found <= limit) return found;
  throw new Error(`--${name}: found ${text.slice(0, 40)}, allowed: ${least} to ${limit}`);
}

function designOf(name: string | undefined): NaiveDesign | undefined {
  if (name === undefined) return undefined;
  const found = naiveDesignNames.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Error(`--defect: found ${name.slice(0, 40)}, allowed: ${naiveDesignNames.join(", ")}`);
}
