import { parseArgs } from "node:util";
import { failWriters } from "./journal-faults.ts";
import { killWriters } from "./journal-kills.ts";
import { flipMemory } from "./memory-flips.ts";

/**
 * `npm run nightly -- journal [--kills N] [--faults N] [--flips N] [--seed N] [--json]`: what takes too long for
 * every run of the tests. Exit code 0 only where nothing was lost. Prints how to run it again.
 */
const usage =
  "usage: npm run nightly -- journal [--kills N] [--faults N] [--flips N] [--seed N] [--json]";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "10000" },
    faults: { type: "string", default: "2000" },
    flips: { type: "string", default: "30000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [kills, faults, flips, seed] = [values.kills, values.faults, values.flips, values.seed].map(
  Number,
);
const numbers = [kills, faults, flips, seed].every(
  (one) => Number.isSafeInteger(one) && Number(one) >= 0,
);
if (values.help || positionals.join() !== "journal" || !numbers) {
  console.log(usage);
  process.exit(values.help ? 0 : 3);
}

const progress = (what: string, all: number) => (done: number) => {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${what} ${done} of ${all}\x1b[K${done === all ? "\n" : ""}`);
};

const killed = await killWriters(kills ?? 0, seed ?? 1, progress("kills", kills ?? 0));
const failed = await failWriters(faults ?? 0, seed ?? 1, progress("faults", faults ?? 0));
const flipped = await flipMemory("guarded", flips ?? 0, seed ?? 1, progress("flips", flips ?? 0));
const again = `npm run nightly -- journal --kills ${kills} --faults ${faults} --flips ${flips} --seed ${seed}`;
const right =
  [killed, failed].every((one) => one.lost + one.wrong + one.damaged === 0) && flipped.silent === 0;
const result = { journal: right ? "passed" : "failed", killed, failed, flipped, again };
if (values.json) console.log(JSON.stringify(result));
else console.log(result);
process.exit(right ? 0 : 1);
