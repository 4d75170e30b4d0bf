import { relative } from "node:path";
import fc from "fast-check";
import { expect, vi } from "vitest";

/**
 * How often each law is tried, and from where: the one place for all of `laws`. LAWS_RUNS says how
 * many generated cases each property gets instead of its own number, LAWS_SEED where they begin;
 * without it every run begins elsewhere.
 */
const { LAWS_RUNS, LAWS_SEED } = process.env;

/** The most generated cases of one property: a night's work on a small machine. */
const runsLimit = 10_000_000;

const asked = wholeNumber("LAWS_RUNS", LAWS_RUNS, 1, runsLimit);
const seed = wholeNumber("LAWS_SEED", LAWS_SEED, -(2 ** 31), 2 ** 31 - 1);

fc.configureGlobal({
  ...(seed === undefined ? {} : { seed }),
  ...(asked === undefined ? {} : { numRuns: asked }),
  reporter: (details) => {
    if (details.failed) throw new Error(`${fc.defaultReportMessage(details)}\n\n${again(details)}`);
  },
});
// Whoever asks for more runs waits for them.
if (asked !== undefined) vi.setConfig({ testTimeout: 24 * 60 * 60 * 1000 });

/** How many generated cases a property gets that needs so many for every day. */
export function runs(daily: number): number {
  return asked ?? daily;
}

/** The command that runs a failed law again: the same cases, in the same order. */
function again({ seed, runConfiguration }: fc.RunDetails<unknown>): string {
  const { currentTestName = "", testPath = "" } = expect.getState();
  const file = relative(process.cwd(), testPath);
  return `Run it again: ${rerun({ seed, runs: runConfiguration.numRuns, name: currentTestName, file })}`;
}

/** A law that failed. */
export interface FailedLaw {
  readonly seed: number;
  readonly runs: number | undefined;
  readonly name: string;
  readonly file: string;
}

/** The same law again, as words for a shell. */
export function rerun({ seed, runs: count, name, file }: FailedLaw): string {
  const pattern = name.replace(/ > /g, " ").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const quoted = `'${pattern.replaceAll("'", "'\\''")}'`;
  const size = count === undefined ? "" : ` LAWS_RUNS=${count}`;
  return `LAWS_SEED=${seed}${size} npx vitest run --project unit ${file} -t ${quoted}`;
}

/** A variable of the environment. @throws RangeError for what is no whole number within limits. */
export function wholeNumber(
  name: string,
  value: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = Number(value);
  if (/^-?\d+$/.test(value) && number >= least && number <= most) return number;
  throw new RangeError(`${name} is "${value}"; it has to be a whole number, ${least} to ${most}`);
}
