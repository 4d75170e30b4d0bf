import { join } from "node:path";
import { parseArgs } from "node:util";
import { dayOfLoad, looksOfDay } from "./day-of-load.ts";
import { labObstacle } from "./lab.ts";

const usage = `usage: npm run lab -- day [--looks N] [--json]

All looks of a day, ${looksOfDay}, as fast as they go, on this machine's kernel: two agents of the bundle
with a router's heaps in namespaces of their own, and a payment each 100 kB. Half an hour.

  --looks N   another number of looks, 1000 to ${looksOfDay}
  --json      one line for programs`;

/** Looks come so often, in milliseconds; what is sent grows with them. */
const pokeInterval = 10;
const datagrams = 300;

/** Runs it; returns the exit code. */
export async function runWholeDay(words: readonly string[]): Promise<number> {
  const asked = parsed(words);
  if (asked instanceof Error) return refuse(asked.message);
  const { looks, json, help } = asked;
  if (help) {
    console.log(usage);
    return 0;
  }
  const all = Number(looks);
  if (!Number.isInteger(all) || all < 1000 || all > looksOfDay) {
    return refuse(`--looks ${looks}: allowed is 1000 to ${looksOfDay}`);
  }
  const obstacle = labObstacle();
  if (obstacle !== undefined) return refuse(`no day here: ${obstacle}`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  }
  const began = performance.now();
  const day = await dayOfLoad({
    signal: stop.signal,
    program: join(import.meta.dirname, "../../dist/agent.cjs"),
    pokeInterval,
    datagrams,
    unit: "looks",
    settled: Math.floor(all / 5),
    all,
    onProgress: ({ step }) => console.error(`${step} ...`),
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  if (json) console.log(JSON.stringify({ ...day, seconds }));
  else console.log(JSON.stringify({ ...day, seconds }, undefined, 2));
  return day.passed ? 0 : 1;
}

function parsed(words: readonly string[]) {
  const options = {
    looks: { type: "string", default: `${looksOfDay}` },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    return error instanceof Error ? error : new Error(`${error}`);
  }
}

function refuse(words: string): number {
  console.error(`${words}\n\n${usage}`);
  return 3;
}
