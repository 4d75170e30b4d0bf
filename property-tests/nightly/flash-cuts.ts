import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "./acknowledged.ts";
import { bootMachine } from "./machine.ts";
import type { MachineImage } from "./machine-image.ts";
import { erasedNor, norSize } from "./nor-flash.ts";
import type { Workplace } from "./workplace.ts";

/** What came of cutting the power of a file system on flash again and again (G1). */
export interface CutTally {
  readonly cuts: number;
  /** Commits that had been acknowledged at the cuts, in all. */
  readonly commits: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damaged: number;
}

/** What the guest says after each cut. */
interface CutReport {
  readonly acknowledged: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damage: readonly string[];
  /** Whether the journal took commits again; said where that is tried at once. */
  readonly goesOn?: boolean;
}

type Tally = { -readonly [K in keyof CutTally]: CutTally[K] };

const nothing = (): Tally => ({ cuts: 0, commits: 0, lost: 0, wrong: 0, damaged: 0 });

function count(tally: Tally, { acknowledged, lost, wrong, damage, goesOn }: CutReport): void {
  tally.cuts += 1;
  tally.commits += acknowledged;
  tally.lost += lost;
  tally.wrong += wrong;
  tally.damaged += damage.length > 0 || goesOn === false ? 1 : 0;
}

/** As many machines as there are processors. */
const machines = 2;

/**
 * UBIFS on simulated NAND (16 MiB, pages of 2 KiB): the file system's own test mode stops all writing
 * at a moment of its choice, and spoils what was written last. The kernel draws these moments: a
 * seed repeats when cuts are allowed, not where they fall.
 */
export async function cutUbifs(
  workplace: Workplace,
  image: MachineImage,
  { cuts, seed }: { readonly cuts: number; readonly seed: number },
  progress: (done: number) => void,
): Promise<CutTally> {
  const tally = nothing();
  const one = async (share: number, itsSeed: number): Promise<void> => {
    if (share === 0) return;
    const guest = ["ubifs-cuts", `${share}`, `${itsSeed}`];
    for await (const line of bootMachine(workplace, image, { guest }).lines) {
      count(tally, line as CutReport);
      progress(tally.cuts);
    }
  };
  const half = Math.ceil(cuts / machines);
  await Promise.all([one(half, seed), one(cuts - half, seed + 1)]);
  return tally;
}

/** So many copies are mounted by one machine. */
const copiesAtOnce = 32;

/** At most so many milliseconds between two copies. */
const longestWait = 400;

/**
 * JFFS2 on NOR flash: the machine is frozen between two instructions, its flash is copied as it stands,
 * and another machine mounts the copies. Nothing acknowledged may be missing in any of them.
 */
export async function cutJffs2(
  workplace: Workplace,
  image: MachineImage,
  { cuts, seed }: { readonly cuts: number; readonly seed: number },
  progress: (done: number) => void,
): Promise<CutTally> {
  const tally = nothing();
  const next = seeded(seed);
  while (tally.cuts < cuts) {
    const wanted = Math.min(copiesAtOnce, cuts - tally.cuts);
    const home = workplace.directory("nor");
    const copies = join(home, "copies");
    const acknowledged = await copyWhileWritten(workplace, image, { home, copies, wanted, next });
    const file = openSync(copies, "r+");
    ftruncateSync(file, copiesAtOnce * norSize); // a power of two, as the device wants it
    closeSync(file);
    const guest = ["jffs2-check", `${norSize}`, ...acknowledged.map(String)];
    const memory = { path: copies, size: copiesAtOnce * norSize };
    for await (const line of bootMachine(workplace, image, { guest, memory }).lines) {
      count(tally, line as CutReport);
      progress(tally.cuts);
    }
  }
  return tally;
}

interface Copying {
  readonly home: string;
  readonly copies: string;
  readonly wanted: number;
  readonly next: (below: number) => number;
}

/** Copies of the flash of a machine that writes, with what it had acknowledged before each. */
async function copyWhileWritten(
  workplace: Workplace,
  image: MachineImage,
  { home, copies, wanted, next }: Copying,
): Promise<readonly number[]> {
  const path = join(home, "flash");
  writeFileSync(path, erasedNor());
  const machine = bootMachine(workplace, image, {
    guest: ["jffs2-write", `${norSize}`],
    memory: { path, size: norSize },
  });
  let last = -1;
  const reading = (async () => {
    for await (const line of machine.lines) {
      last = (line as { readonly acknowledged: number }).acknowledged;
    }
  })();
  const failed = reading.then(
    () => new Error("the machine ended early"),
    (error: unknown) => error,
  );
  const taken: number[] = [];
  const take = async (): Promise<undefined> => {
    while (last < 0) await sleep(100);
    while (taken.length < wanted) {
      await sleep(next(longestWait));
      await machine.frozen(() => {
        appendFileSync(copies, readFileSync(path));
        taken.push(last);
      });
    }
    return undefined;
  };
  const error = await Promise.race([take(), failed]);
  if (error !== undefined) throw error;
  await machine.kill();
  return taken;
}
