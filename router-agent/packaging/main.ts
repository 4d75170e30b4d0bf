import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { debianPackage } from "./debian-package.ts";
import { openwrtPackage } from "./openwrt-package.ts";
import { routerFiles, sizeGoals, sizesIn } from "./router-bundle.ts";
import { sourceDate } from "./source-date.ts";

const usage = `usage: npm run package -- [--openwrt] [--deb] [--out DIR] [--json]

Makes what routers install: the folder of an OpenWrt feed, and a Debian package; both, unless one is
named. They go to DIR, dist/packages unless said. SOURCE_DATE_EPOCH dates all files.`;

/** What was made, and how large the agent in it is. */
async function make(openwrt: boolean, deb: boolean, out: string): Promise<object> {
  const date = sourceDate();
  const folder = openwrt ? await openwrtPackage(out, date) : undefined;
  const archive = deb ? await debianPackage(out, date) : undefined;
  return {
    ...(folder === undefined
      ? {}
      : { openwrt: { folder, bytes: bytesIn(folder), agent: agentSizes(folder) } }),
    ...(archive === undefined ? {} : { deb: { file: archive, bytes: statSync(archive).size } }),
  };
}

/** Beside the goals: what an agent reads at its start, and with what settles on a chain. */
function agentSizes(folder: string): object {
  const sizes = sizesIn(join(folder, "files/usr/lib/meshtoll"));
  const bytes = (name: string) => sizes[name]?.bytes ?? 0;
  const agent = bytes(routerFiles.agent);
  return {
    start: { bytes: agent, goal: sizeGoals.agent },
    withSettlement: {
      bytes: agent + bytes(routerFiles.settlement),
      goal: sizeGoals.withSettlement,
    },
    secondProgram: { bytes: bytes(routerFiles.second) },
  };
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((all, entry) => all + statSync(join(entry.parentPath, entry.name)).size, 0);
}

try {
  const { values } = parseArgs({
    options: {
      openwrt: { type: "boolean", default: false },
      deb: { type: "boolean", default: false },
      out: { type: "string", default: "dist/packages" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { openwrt, deb, out, json, help } = values;
  if (help) console.log(usage);
  else {
    const both = !openwrt && !deb;
    const made = await make(openwrt || both, deb || both, resolve(out));
    console.log(json ? JSON.stringify(made) : made);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 3;
}
