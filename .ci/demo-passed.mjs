// demo-passed.mjs OUTPUT: succeeds where the last line of the demo's output is JSON that says so.
import { readFileSync } from "node:fs";

const last = readFileSync(process.argv[2], "utf8").trim().split("\n").at(-1);
const told = JSON.parse(last).demo;
if (told !== "passed") {
  console.error(`the demo's last line says "${told}", expected "passed"`);
  process.exit(1);
}
