import { parseArgs } from "node:util";
import { killAgents } from "./agent-kills.ts";
import type { CutTally } from "./cut-tally.ts";
import { countFlashBytes, flashGoals, meetsFlashGoals } from "./flash-bytes.ts";
import { fillDisks } from "./full-disks.ts";
import { cutJffs2 } from "./jffs2-cuts.ts";
import { flipBits } from "./journal-bits.ts";
import { failWriters } from "./journal-faults.ts";
import { killWriters } from "./journal-kills.ts";
import { type MachineImage, machineImage } from "./machine-image.ts";
import { flipMemory } from "./memory-flips.ts";
import { type Part, type PartReport, part } from "./part.ts";
import { replayCommand } from "./replay-command.ts";
import { simulateNight } from "./simulate-night.ts";
import { cutUbifs } from "./ubifs-cuts.ts";
import { openWorkplace } from "./workplace.ts";

const [, , night, ...words] = process.argv;
if (night === "simulate") process.exit(await simulateNight(words));

/**
 * `npm run nightly -- journal`: what takes too long for every run of the tests. Exit code 0 only where
 * every goal is met; on CI a part that was skipped is one that is not met.
 */
const usage = `usage: npm run nightly -- journal [--only PART,...] [--PART N] [--seed N] [--json]

  --kills N       writers of a journal that are killed with SIGKILL       (10000)
  --agents N      real agents that are killed while bytes flow; root      (200)
  --faults N      writers whose disk answers EIO or ENOSPC; gcc           (2000)
  --bits N        every Nth bit of a journal and its snapshots is flipped (1)
  --full N        disks of agents that are filled while they pay          (50)
  --flips N       processes of which one bit of memory is flipped         (30000)
  --ubifs N       power cuts of UBIFS on simulated NAND; QEMU             (1000)
  --jffs2 N       power cuts of JFFS2 on NOR; QEMU                        (1000)
  --flash N       commits whose bytes on flash are counted; QEMU          (1000)
  --seed N        of all of them                                          (1)

0 leaves one out; --only leaves out all that it does not name. All of them take a night: some 100 cuts
of flash a minute, some 20 flips a second.

npm run nightly -- simulate --help tells of the other night: whole networks, for hours.`;

const defaults = {
  kills: 10_000,
  agents: 200,
  faults: 2000,
  bits: 1,
  full: 50,
  flips: 30_000,
  ubifs: 1000,
  jffs2: 1000,
  flash: 1000,
} as const;
type Name = keyof typeof defaults;
const names = Object.keys(defaults) as readonly Name[];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries([...names, "seed"].map((name) => [name, { type: "string" }] as const)),
    only: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const { json, help, ...given } = values as Readonly<
  Partial<Record<Name | "seed" | "only", string>>
> & {
  readonly json?: boolean;
  readonly help?: boolean;
};
const only = given.only?.split(",") ?? names;
const numbers = Object.fromEntries(
  names.map((name) => [name, only.includes(name) ? Number(given[name] ?? defaults[name]) : 0]),
) as Record<Name, number>;
const seed = Number(given.seed ?? 1);
const usable =
  [seed, ...Object.values(numbers)].every((one) => Number.isSafeInteger(one) && one >= 0) &&
  only.every((name) => names.some((known) => known === name));
if (help || positionals.join() !== "journal" || !usable) {
  console.log(usage);
  process.exit(help ? 0 : 3);
}

/** On a terminal always; into a log a line for each twentieth. */
const progress = (name: Name) => {
  let told = 0;
  return (done: number, all = numbers[name]): void => {
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${name} ${done} of ${all}\x1b[K${done === all ? "\n" : ""}`);
      return;
    }
    const now = Math.floor((20 * done) / all);
    if (now > told) console.error(`${name} ${done} of ${all}`);
    told = Math.max(told, now);
  };
};

const workplace = openWorkplace();
let built: Promise<MachineImage> | undefined;
const image = (): Promise<MachineImage> => {
  built ??= machineImage(workplace.directory("image"));
  return built;
};

interface Losses {
  readonly lost: number;
  readonly wrong: number;
  readonly damaged: number;
}
const nothingLost = ({ lost, wrong, damaged }: Losses): boolean => lost + wrong + damaged === 0;
const survives =
  (wanted: number) =>
  ({ cuts, failedStarts, defect, ...losses }: CutTally): boolean =>
    cuts === wanted && nothingLost(losses) && failedStarts === 0 && defect.caught;
const acknowledged = "no acknowledged commit lost, no hole, no other content";
const { ubifs, jffs2, aDay } = flashGoals;

const parts: Readonly<Record<Name, Part>> = {
  kills: part(
    `G1: ${acknowledged}, in 10 000 kills`,
    (count) => killWriters(count, seed, progress("kills")),
    nothingLost,
  ),
  agents: part(
    "G1: no finding of the audit, every grain settled in the end",
    (count) => killAgents(count, seed, progress("agents")),
    ({ settled, findings, damaged }) => settled && findings + damaged === 0,
  ),
  faults: part(
    `G1, G8: ${acknowledged}`,
    (count) => failWriters(count, seed, progress("faults")),
    nothingLost,
  ),
  bits: part(
    "G2: every bit repaired or rebuilt, none silently wrong",
    (stride) => flipBits(stride, progress("bits")),
    ({ lost, silent }) => lost + silent === 0,
  ),
  full: part(
    "G8: on a full disk payments go on, and an agent starts",
    (count) => fillDisks(count, seed, progress("full")),
    ({ disks, paid, stopped, failedRestarts, findings }) =>
      paid === disks && stopped + failedRestarts + findings === 0,
  ),
  flips: part(
    "G3: none silently wrong, in 30 000 processes",
    (count) => flipMemory("guarded", count, seed, progress("flips")),
    ({ silent, damaged }) => silent + damaged === 0,
  ),
  ubifs: part(
    `G1: ${acknowledged}, no failed start, in 1000 power cuts; a defect is caught`,
    async (cuts) => cutUbifs(workplace, await image(), { cuts, seed }, progress("ubifs")),
    survives(numbers.ubifs),
  ),
  jffs2: part(
    `G1: ${acknowledged}, no failed start, in 1000 power cuts; a defect is caught`,
    async (cuts) => cutJffs2(workplace, await image(), { cuts, seed }, progress("jffs2")),
    survives(numbers.jffs2),
  ),
  flash: part(
    `G4: ${ubifs} bytes a commit on UBIFS, ${jffs2} on JFFS2, ${aDay} MB a day, at most`,
    async (commits) => countFlashBytes(workplace, await image(), commits),
    meetsFlashGoals,
  ),
};

const told: Partial<Record<Name, PartReport>> = {};
for (const name of names) {
  if (numbers[name] === 0) continue;
  const report = await parts[name].run(numbers[name]);
  told[name] = report;
  if (report.skipped !== undefined) console.error(`SKIPPED: ${name}: ${report.skipped}`);
  if (report.failed !== undefined) console.error(`FAILED: ${name}: ${report.failed}`);
}
workplace.close();

const { CI = "" } = process.env;
const reports = Object.values(told);
const right = reports.every(({ goalMet }) => goalMet ?? CI === "");
const whole = reports.every(({ skipped }) => skipped === undefined);
const verdict = right ? (whole ? "passed" : "incomplete") : "failed";
const all = { journal: verdict, ...told, again: replayCommand(numbers, seed) };
if (json) console.log(JSON.stringify(all));
else console.dir(all, { depth: 4 });
// A reader that is slower than this hears all of it.
process.stdout.write("", () => process.exit(right ? 0 : 1));
