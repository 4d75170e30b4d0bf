import type { CutReport } from "./cut-report.ts";
import { type CutShare, type CutTally, type CutWork, tallyCuts } from "./cut-tally.ts";
import { bootMachine } from "./machine.ts";
import type { MachineImage } from "./machine-image.ts";
import type { Workplace } from "./workplace.ts";

/** So many cuts see the same flash. */
const cutsPerMachine = 125;

/** Enough for a journal that does not sync to lose something. */
const defectCuts = 5;

/**
 * UBIFS on simulated NAND (16 MiB, pages of 2 KiB), below which the power fails: many cuts in one
 * boot. A seed repeats after which operation, and what is torn; the kernel's own threads write when
 * they like, so that another run of it may be at another place by then.
 */
export function cutUbifs(
  workplace: Workplace,
  image: MachineImage,
  share: CutShare,
  progress: (done: number) => void,
): Promise<CutTally> {
  const work = (syncs: 0 | 1): CutWork =>
    async function* ({ cuts, seed }) {
      const guest = ["ubifs-cuts", `${cuts}`, `${seed}`, `${syncs}`];
      yield* bootMachine(workplace, image, { guest }).lines as AsyncIterable<CutReport>;
    };
  const what = "a journal that never syncs what it appends";
  const defect = { what, cuts: defectCuts, work: work(0) };
  return tallyCuts({ name: "ubifs", cutsPerMachine, work: work(1), defect }, share, progress);
}
