import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checks, scripts } from "./checks.ts";
import { isRight, type Report, survivors, timed } from "./report/finding.ts";
import { pagePath, withReport } from "./report/page.ts";
import { type CheckTime, plainReport, timeLines } from "./report/table.ts";

/**
 * `npm run prove`: proves the theorems of the protocol and prints what was proved by what, for how
 * much, and how long it took. Exit code 0 only where everything asked for was proved and no seeded
 * defect survived.
 */
const usage = `usage: npm run prove -- [--only NAME]... [--deep] [--write] [--json] [--dump FOLDER]

${Object.entries(checks)
  .map(([name, { about }]) => `  --only ${name.padEnd(9)} ${about}`)
  .join("\n")}
  --deep           adds what takes minutes and gigabytes: ${deepNames().join(", ")}
  --write          puts the tables of what was right into ${pagePath}
  --dump FOLDER    leaves what the solvers read there, as SMT-LIB 2.6
  --json           one line for programs

Z3, the explorer and quint come with npm ci. The rest is Debian's: apt install spin gcc libc6-dev
z3 cvc5. A tool that is missing, late or broken proves nothing, and the run fails.`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    deep: { type: "boolean", default: false },
    dump: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const unknown = values.only?.filter((name) => checks[name] === undefined) ?? [];
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such check: ${unknown.join(", ")}`);
  console.log(usage);
  process.exit(values.help ? 0 : 3);
}
if (values.dump !== undefined) dump(values.dump);

const reports = new Map<string, Report>();
const times: CheckTime[] = [];
for (const [name, { run, isDeep, goal }] of Object.entries(checks)) {
  if (values.only ? !values.only.includes(name) : isDeep && !values.deep) continue;
  if (!values.json) console.error(`${name} ...`);
  const [report, seconds] = await timed(run);
  reports.set(name, report);
  times.push({ check: name, seconds, ...(goal === undefined ? {} : { goal }) });
}
if (values.write) write(reports);
const findings = [...reports.values()].flatMap((report) => report.findings);
const kills = [...reports.values()].flatMap((report) => report.kills);
const right = isRight({ findings, kills });
if (values.json)
  console.log(JSON.stringify({ right, findings, kills, survivors: survivors(kills), times }));
else {
  console.log(`${plainReport({ findings, kills })}\n\n${timeLines(times)}`);
  console.log(right ? "\nall proved" : "\nNOT all proved");
}
// A reader that is slower than this hears all of it.
process.stdout.write("", () => process.exit(right ? 0 : 1));

function deepNames(): readonly string[] {
  return Object.entries(checks).flatMap(([name, { isDeep }]) => (isDeep ? [name] : []));
}

function write(reports: ReadonlyMap<string, Report>): void {
  for (const [name, report] of reports) {
    const said = isRight(report) ? "written" : "not written, because it is not right";
    if (isRight(report)) {
      writeFileSync(pagePath, withReport(readFileSync(pagePath, "utf8"), name, report));
    }
    console.error(`${pagePath}, ${name}: ${said}`);
  }
}

function dump(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of scripts()) writeFileSync(join(folder, `${name}.smt2`), script);
}
