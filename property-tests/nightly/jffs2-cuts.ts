import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "./acknowledged.ts";
import type { CutReport } from "./cut-report.ts";
import { type CutShare, type CutTally, type CutWork, tallyCuts } from "./cut-tally.ts";
import { bootMachine } from "./machine.ts";
import type { MachineImage } from "./machine-image.ts";
import { erasedNor, norSize } from "./nor-flash.ts";
import type { Workplace } from "./workplace.ts";

/** So many copies are taken of one machine, and mounted by one: a power of two. */
const cutsPerMachine = 32;

/** Enough for a writer that acknowledges too early to be seen. */
const defectCuts = 16;

/** At most so many milliseconds between two copies. */
const longestWait = 400;

/**
 * JFFS2 on NOR flash: the machine is frozen between two instructions, its flash is copied as it stands,
 * and another machine mounts the copies. A seed repeats the waits, not what is done between them.
 */
export function cutJffs2(
  workplace: Workplace,
  image: MachineImage,
  share: CutShare,
  progress: (done: number) => void,
): Promise<CutTally> {
  const work = (hasty: 0 | 1): CutWork =>
    async function* ({ cuts, seed }) {
      const home = workplace.directory("nor");
      const copies = join(home, "copies");
      const copying = { home, copies, wanted: cuts, next: seeded(seed), hasty };
      const acknowledged = await copyWhileWritten(workplace, image, copying);
      const size = cutsPerMachine * norSize;
      const file = openSync(copies, "r+");
      ftruncateSync(file, size); // a power of two, as the device wants it
      closeSync(file);
      const guest = ["jffs2-check", `${norSize}`, ...acknowledged.map(String)];
      const task = { guest, memory: { path: copies, size } };
      yield* bootMachine(workplace, image, task).lines as AsyncIterable<CutReport>;
      rmSync(home, { recursive: true });
    };
  const what = "a writer that acknowledges before it appends";
  const defect = { what, cuts: defectCuts, work: work(1) };
  return tallyCuts({ name: "jffs2", cutsPerMachine, work: work(0), defect }, share, progress);
}

interface Copying {
  readonly home: string;
  readonly copies: string;
  readonly wanted: number;
  readonly next: (below: number) => number;
  /** 1 for a writer that acknowledges beforehand. */
  readonly hasty: 0 | 1;
}

/** Copies of the flash of a machine that writes, with what it had acknowledged before each. */
async function copyWhileWritten(
  workplace: Workplace,
  image: MachineImage,
  { home, copies, wanted, next, hasty }: Copying,
): Promise<readonly number[]> {
  const path = join(home, "flash");
  writeFileSync(path, erasedNor());
  const machine = bootMachine(workplace, image, {
    guest: ["jffs2-write", `${norSize}`, `${hasty}`],
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
