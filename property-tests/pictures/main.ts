import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pageScripts } from "#agent/status-page/page-script.ts";
import { browserObstacle, type Look } from "./browser.ts";
import { demoPage } from "./demo-page.ts";
import { diamondPictures } from "./diamond-pictures.ts";
import { photograph } from "./photograph.ts";

const usage = `usage: npm run screenshots -- [--only page|diamond] [--to DIRECTORY] [--hours N] [--json]

Pictures of the status page of running agents, into docs/pictures.

  page     the middle router of the demo in memory; an hour of its history passes in a second
  diamond  routes and incidents of a router whose kernel, tunnels and babeld are real; needs root

  --only page|diamond  one of them
  --to DIRECTORY       another directory
  --hours N            hours of history, 50 otherwise
  --json               one line for programs

Needs Debian's chromium. Exit codes: 0 made, 3 not to be made here or not understood.`;

const pageLooks: Readonly<Record<string, Look & { readonly tallest: number }>> = {
  "status-desktop-light": { width: 1200, height: 800, scheme: "light", density: 1, tallest: 4000 },
  "status-desktop-dark": { width: 1200, height: 800, scheme: "dark", density: 1, tallest: 4000 },
  "status-phone-light": { width: 360, height: 780, scheme: "light", density: 2, tallest: 1700 },
  "status-phone-dark": { width: 360, height: 780, scheme: "dark", density: 2, tallest: 1700 },
};

const bundle = join(import.meta.dirname, "../../dist");

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const asked = parsed(words);
  if (typeof asked === "string") return refuse(`${asked}\n\n${usage}`);
  const { only, to, json, help } = asked;
  if (help) {
    console.log(usage);
    return 0;
  }
  const hours = Number(asked.hours);
  if (!Number.isInteger(hours) || hours < 1 || hours > 1000) {
    return refuse(`--hours ${asked.hours}: allowed is 1 to 1000`);
  }
  if (only !== undefined && only !== "page" && only !== "diamond") {
    return refuse(`--only ${only}: allowed is page or diamond`);
  }
  if (browserObstacle !== undefined) {
    return refuse(`no pictures: ${browserObstacle} (apt-get install chromium)`);
  }
  mkdirSync(to, { recursive: true });
  const made: { readonly picture: string; readonly bytes: number }[] = [];
  const tell = (path: string): void => {
    made.push({ picture: path, bytes: statSync(path).size });
    if (!json) console.log(path);
  };
  if (only !== "diamond") await pagePictures(to, hours, tell);
  if (only !== "page") {
    const obstacle = await diamondPictures(to, join(bundle, "agent.cjs"), curtain(), tell);
    if (obstacle !== undefined) return refuse(`no pictures of the diamond: ${obstacle}`);
  }
  if (json) console.log(JSON.stringify(made));
  return 0;
}

async function pagePictures(to: string, hours: number, tell: (path: string) => void) {
  const page = await demoPage(hours, () => pageScripts(bundle, true));
  try {
    await page.hours(hours);
    void page.hours(Number.MAX_SAFE_INTEGER); // life goes on while it is photographed
    for (const [name, { tallest, ...look }] of Object.entries(pageLooks)) {
      const path = join(to, `${name}.png`);
      await photograph({ address: `http://127.0.0.1:${page.port}/`, path, look, tallest });
      tell(path);
    }
  } finally {
    await page.close();
  }
}

/** Ends with the command, however that ends. */
function curtain(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  }
  return stop.signal;
}

function parsed(words: readonly string[]) {
  const options = {
    only: { type: "string" },
    to: { type: "string", default: "docs/pictures" },
    hours: { type: "string", default: "50" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function refuse(words: string): number {
  console.error(words);
  return 3;
}
