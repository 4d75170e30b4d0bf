import { parseArgs } from "node:util";
import { killAgents } from "./agent-kills.ts";
import { countFlashBytes, meetsFlashGoals } from "./flash-bytes.ts";
import { cutJffs2, cutUbifs } from "./flash-cuts.ts";
import { type FullTally, fillDisks } from "./full-disks.ts";
import { flipBits } from "./journal-bits.ts";
import { failWriters } from "./journal-faults.ts";
import { killWriters } from "./journal-kills.ts";
import { machineImage } from "./machine-image.ts";
import { flipMemory } from "./memory-flips.ts";
import { openWorkplace } from "./workplace.ts";

/**
 * `npm run nightly -- journal`: what takes too long for every run of the tests. Exit code 0 only where
 * nothing was lost, and every goal of flash is met. Prints how to run it again.
 */
const usage = `usage: npm run nightly -- journal [--NUMBER N] [--seed N] [--json]

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

0 leaves one out. All of them take a night: UBIFS some 5 seconds a cut, a flip a tenth of one.`;

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
  seed: 1,
} as const;
type Name = keyof typeof defaults;
const names = Object.keys(defaults) as readonly Name[];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries(names.map((name) => [name, { type: "string" }] as const)),
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const { json, help, ...given } = values as Readonly<Partial<Record<Name, string>>> & {
  readonly json?: boolean;
  readonly help?: boolean;
};
const numbers = Object.fromEntries(
  names.map((name) => [name, Number(given[name] ?? defaults[name])]),
) as Record<Name, number>;
const usable = names.every((name) => Number.isSafeInteger(numbers[name]) && numbers[name] >= 0);
if (help || positionals.join() !== "journal" || !usable) {
  console.log(usage);
  process.exit(help ? 0 : 3);
}

const progress = (name: Name) => (done: number) => {
  if (!process.stderr.isTTY) return;
  const all = numbers[name];
  process.stderr.write(`\r${name} ${done} of ${all}\x1b[K${done === all ? "\n" : ""}`);
};

const { kills, agents, faults, bits, full, flips, ubifs, jffs2, flash, seed } = numbers;
const workplace = openWorkplace();
const image =
  ubifs + jffs2 + flash > 0 ? await machineImage(workplace.directory("image")) : undefined;

/** A part of the run, unless its number is 0. */
const part = async <A>(count: number, work: () => Promise<A>): Promise<A | undefined> =>
  count === 0 ? undefined : await work();

const result = {
  killed: await part(kills, () => killWriters(kills, seed, progress("kills"))),
  agents: await part(agents, () => killAgents(agents, seed, progress("agents"))),
  failed: await part(faults, () => failWriters(faults, seed, progress("faults"))),
  bits: await part(bits, () =>
    flipBits(bits, (done, all) => {
      if (process.stderr.isTTY) process.stderr.write(`\rbits ${done} of ${all}\x1b[K`);
    }),
  ),
  full: await part(full, () => fillDisks(full, seed, progress("full"))),
  flipped: await part(flips, () => flipMemory("guarded", flips, seed, progress("flips"))),
  ...(image === undefined
    ? {}
    : {
        ubifs: await part(ubifs, () =>
          cutUbifs(workplace, image, { cuts: ubifs, seed }, progress("ubifs")),
        ),
        jffs2: await part(jffs2, () =>
          cutJffs2(workplace, image, { cuts: jffs2, seed }, progress("jffs2")),
        ),
        flash: await part(flash, () => countFlashBytes(workplace, image, flash)),
      }),
};
workplace.close();

const { killed, failed, flipped } = result;
const losses = [killed, failed, result.ubifs, result.jffs2].reduce(
  (sum, one) => sum + (one === undefined ? 0 : one.lost + one.wrong + one.damaged),
  0,
);
const right =
  losses === 0 &&
  (flipped === undefined || flipped.silent + flipped.damaged === 0) &&
  (result.bits === undefined || result.bits.lost + result.bits.silent === 0) &&
  (result.full === undefined || isUnharmed(result.full)) &&
  (result.agents === undefined ||
    (result.agents.settled && result.agents.findings + result.agents.damaged === 0)) &&
  (result.flash === undefined || meetsFlashGoals(result.flash));
const again = `npm run nightly -- journal ${names.map((name) => `--${name} ${numbers[name]}`).join(" ")}`;
const told = { journal: right ? "passed" : "failed", ...result, again };
if (json) console.log(JSON.stringify(told));
else console.dir(told, { depth: 4 });
process.exit(right ? 0 : 1);

/** On a full disk payments go on, and an agent starts. */
function isUnharmed({ disks, paid, stopped, failedRestarts, findings }: FullTally): boolean {
  return paid === disks && stopped + failedRestarts + findings === 0;
}
