import { parseArgs } from "node:util";
import { checks } from "./checks.ts";
import type { Finding, Kill } from "./report/finding.ts";
import { survivors } from "./report/finding.ts";
import { plainTables } from "./report/table.ts";

/**
 * `npm run prove -- [--only NAME]... [--json]`: proves the theorems of the protocol and prints what
 * was proved by what, for how much, and how long it took. Exit code 0 only where everything asked
 * for was proved and no seeded defect survived.
 */
const usage = `usage: npm run prove -- [--only ${Object.keys(checks).join("|")}]... [--json] [--help]`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const unknown = values.only?.filter((name) => checks[name] === undefined) ?? [];
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such check: ${unknown.join(", ")}`);
  console.log(usage);
  process.exit(values.help ? 0 : 3);
}

const findings: Finding[] = [];
const kills: Kill[] = [];
for (const [name, check] of Object.entries(checks)) {
  if (values.only !== undefined && !values.only.includes(name)) continue;
  if (!values.json) console.error(`${name} ...`);
  const report = await check();
  findings.push(...report.findings);
  kills.push(...report.kills);
}
const alive = survivors(kills);
const right = alive.length === 0 && findings.every(({ verdict }) => verdict === "proved");
if (values.json) console.log(JSON.stringify({ right, findings, kills, survivors: alive }));
else console.log(plainTables(findings, kills), right ? "\nall proved" : "\nNOT all proved");
process.exit(right ? 0 : 1);
