// count.mjs REPORT STATUS: prints how many tests passed, and how many did not, from the report of
// vitest's JSON reporter and its exit status. On CI a skipped test is one that did not pass.
import { readFileSync } from "node:fs";

const [path, status] = process.argv.slice(2);

/** The report, or nothing where vitest ended before it wrote one. */
function report() {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    console.error(`no report of the tests: ${error.message}`);
    return { testResults: [] };
  }
}

const files = report().testResults;
const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ file, test })));
const passed = tests.filter(({ test }) => test.status === "passed").length;
const broken = tests.filter(({ test }) => test.status !== "passed");
for (const { file, test } of broken) {
  console.error(`${test.status}: ${file.name}: ${test.fullName}`);
  const why = (test.failureMessages ?? []).join("\n").split("\n").slice(0, 24);
  for (const line of why) console.error(`    ${line.slice(0, 1500)}`);
}

// A file that could not be loaded has no tests to count, but did not pass either.
const unloaded = files.filter((file) => file.status === "failed" && !file.assertionResults.length);
for (const file of unloaded) console.error(`could not run: ${file.name}: ${file.message}`);

const found = broken.length + unloaded.length;
// Errors outside of tests, a run that was cut short, or no tests at all: only the status tells.
const unseen = found === 0 && (status !== "0" || passed === 0) ? 1 : 0;
if (unseen > 0) console.error(`the tests ended with status ${status}, though none failed`);
console.log(passed, found + unseen);
