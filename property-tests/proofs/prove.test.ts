import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checks } from "../../proofs/checks.ts";
import { type Report, survivors } from "../../proofs/report/finding.ts";
import {
  overview,
  overviewOf,
  pagePath,
  partOf,
  partOn,
  withoutTimes,
} from "../../proofs/report/page.ts";

const page = readFileSync(pagePath, "utf8");
const minutes = 60_000;

// On CI everything must be there; elsewhere what needs more than npm brings along says that it did
// not run. Minutes are not for every run.
const daily = Object.entries(checks).filter(([, { isDeep }]) => !isDeep);
const { CI } = process.env;
const isMissing = (needs: readonly string[]) =>
  CI === undefined &&
  needs.filter((program) => spawnSync(program, ["--version"]).error !== undefined);

for (const [name, { about, needs, run }] of daily) {
  const missing = isMissing(needs) || [];
  const skipped = missing.length === 0 ? "" : ` (SKIPPED: needs ${missing.join(", ")})`;
  test.skipIf(missing.length > 0)(
    `npm run prove -- --only ${name}: ${about}; as ${pagePath} says${skipped}`,
    async () => {
      const report = await run();
      expect(faultsOf(report)).toEqual([]);
      expect(differences(withoutTimes(partOf(report)), withoutTimes(partOn(page, name)))).toBe("");
    },
    15 * minutes,
  );
}

test("the overview says what the tables below it say", () => {
  expect(partOn(page, overview)).toBe(overviewOf(page));
});

/** The lines that differ and nothing else: a log must show them, whatever it cuts off. */
function differences(found: string, written: string): string {
  const [now, then] = [found.split("\n"), written.split("\n")];
  const longest = Array.from({ length: Math.max(now.length, then.length) }, (_, i) => i);
  return longest
    .filter((i) => now[i] !== then[i])
    .map((i) => `now:  ${now[i] ?? "-"}\npage: ${then[i] ?? "-"}`)
    .join("\n");
}

function faultsOf({ findings, kills }: Report): readonly string[] {
  const bad = findings.filter(({ verdict }) => verdict !== "proved");
  const faults = bad.map(
    ({ what, verdict, faults }) => `${verdict}: ${what}: ${faults.join("; ")}`,
  );
  return [...faults, ...survivors(kills)];
}
