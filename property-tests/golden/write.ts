import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ourVersions } from "#core/peer/version.ts";
import { bidSpecimens } from "./bid-specimen.ts";
import { commitSpecimens } from "./commit-specimen.ts";
import { bytesOf, type GoldenBytes, run } from "./entry.ts";
import { plainText } from "./plain-text.ts";
import { recordedRun } from "./recording.ts";
import {
  digestSpecimens,
  eventSpecimens,
  messageSpecimens,
  secondMessageSpecimens,
} from "./specimen.ts";

/**
 * Adds what is new to the golden files and refuses to change what is old: a byte once written is
 * in somebody's journal. Run it after adding a kind of event or message, or a version.
 * A run is behaviour, not format: where a decision of the core changed on purpose, delete
 * the file of that run and let this record it again; the difference then stands in the commit.
 */
const files: readonly (readonly [string, GoldenBytes["what"], readonly string[]])[] = [
  ["events", "events", Object.keys(eventSpecimens)],
  ["commits", "commits", Object.keys(commitSpecimens)],
  ["messages-1", "messages", Object.keys(messageSpecimens)],
  ["messages-2", "messages", Object.keys(secondMessageSpecimens)],
  ["digests", "digests", Object.keys(digestSpecimens)],
  ["bids-1", "bids", Object.keys(bidSpecimens)],
];

for (const [file, what, names] of files) {
  const path = pathOf(file);
  const old = existsSync(path) ? unchanged(path) : {};
  const entries: Record<string, string> = { ...old };
  for (const name of names) entries[name] ??= bytesOf(what, name) ?? "";
  const added = Object.keys(entries).length - Object.keys(old).length;
  const golden: GoldenBytes = { what, entries };
  writeFileSync(path, `${plainText(golden, 2)}\n`);
  console.log(`${file}: ${Object.keys(old).length} kept, ${added} added`);
}

for (let version = ourVersions.oldest; version <= ourVersions.newest; version++) {
  const path = pathOf(`run-${version}`);
  if (existsSync(path)) {
    unchanged(path);
    console.log(`run-${version}: kept`);
  } else {
    writeFileSync(path, run(`${plainText(recordedRun(version), 2)}\n`));
    console.log(`run-${version}: recorded`);
  }
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

function pathOf(file: string): string {
  return new URL(`${file}.json`, import.meta.url).pathname;
}
