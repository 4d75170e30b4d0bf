import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { commitSpecimens } from "./commit-specimen.ts";
import { bytesOf, type GoldenBytes, run } from "./entry.ts";
import { plainText } from "./plain-text.ts";
import { recordedRun } from "./recording.ts";
import { digestSpecimens, eventSpecimens, messageSpecimens } from "./specimen.ts";

/**
 * Adds what is new to the golden files and refuses to change what is old: a byte once written is
 * in somebody's journal. Run it after adding a kind of event or message.
 * The run is behaviour, not format: where a decision of the core changed on purpose, delete
 * run.json and let this record it again; the difference then stands in the commit.
 */
const specimens: Readonly<Record<GoldenBytes["what"], readonly string[]>> = {
  events: Object.keys(eventSpecimens),
  commits: Object.keys(commitSpecimens),
  messages: Object.keys(messageSpecimens),
  digests: Object.keys(digestSpecimens),
};

for (const what of ["events", "commits", "messages", "digests"] as const) {
  const path = fileOf(what);
  const old = existsSync(path) ? unchanged(path) : {};
  const entries: Record<string, string> = { ...old };
  for (const name of specimens[what]) entries[name] ??= bytesOf(what, name) ?? "";
  const added = Object.keys(entries).length - Object.keys(old).length;
  const golden: GoldenBytes = { what, entries };
  writeFileSync(path, `${plainText(golden, 2)}\n`);
  console.log(`${what}: ${Object.keys(old).length} kept, ${added} added`);
}

const path = fileOf("run");
if (existsSync(path)) {
  unchanged(path);
  console.log("run: kept");
} else {
  writeFileSync(path, run(`${plainText(recordedRun(), 2)}\n`));
  console.log("run: recorded");
}

/** The entries of a golden file, if the present code still computes all of them. */
function unchanged(at: string): Readonly<Record<string, string>> {
  const text = readFileSync(at, "utf8");
  if (run(text) !== text) {
    console.error(`${at}: old bytes changed. Write the new form under a new version instead.`);
    process.exit(1);
  }
  return (JSON.parse(text) as GoldenBytes).entries;
}

function fileOf(what: string): string {
  return new URL(`${what}.json`, import.meta.url).pathname;
}
