import type { CutReport, Moment } from "./cut-report.ts";
import { replayCommand } from "./replay-command.ts";

/** What came of cutting the power of a file system on flash again and again (G1). */
export interface CutTally {
  readonly cuts: number;
  /** The cuts, by what was going on. */
  readonly during: Readonly<Partial<Record<Moment, number>>>;
  /** Commits that were acknowledged, in all. */
  readonly commits: number;
  readonly lost: number;
  readonly wrong: number;
  readonly damaged: number;
  /** Starts that failed: of the flash, of its file system, of the journal, of the machine. */
  readonly failedStarts: number;
  /** Cuts a minute, with every boot. */
  readonly perMinute: number;
  /** Whether the same work found out a journal that is known to be wrong. */
  readonly defect: Defect;
  /** What must never be, and how to see it again. */
  readonly findings: readonly CutFinding[];
}

/** A run that does not find out a journal that is known to be wrong has shown nothing. */
export interface Defect {
  readonly what: string;
  readonly cuts: number;
  readonly caught: boolean;
}

/** Something that must never be. */
export interface CutFinding extends CutReport {
  readonly again: string;
}

/** One machine's share of cuts. */
export interface CutShare {
  readonly cuts: number;
  readonly seed: number;
}

/** How a share is cut: a report for every look at the journal. */
export type CutWork = (share: CutShare) => AsyncIterable<CutReport>;

/** A kind of cuts. */
export interface CutKind {
  /** The part of the night, for the command that repeats a share. */
  readonly name: string;
  readonly cutsPerMachine: number;
  readonly work: CutWork;
  /** The same with a journal that must be found out in so many cuts. */
  readonly defect: { readonly what: string; readonly cuts: number; readonly work: CutWork };
}

/** So many findings are told: one file system that loses everything would fill pages. */
const findingLimit = 10;

/** At once: as many as there are processors where this is developed. */
const machines = 2;

/** Between the seeds of two shares, so that nights with seeds next to each other differ. */
const seedStride = 100_003;

/**
 * Divides cuts among machines, and counts what they report. What ends one machine takes no other one
 * down: it is a finding. Each share has a seed of its own, so that it can be repeated alone.
 */
export async function tallyCuts(
  kind: CutKind,
  { cuts, seed }: CutShare,
  progress: (done: number) => void,
): Promise<CutTally> {
  const begun = performance.now();
  const tally = emptyTally();
  const shares = Array.from({ length: Math.ceil(cuts / kind.cutsPerMachine) }, (_, i) => ({
    cuts: Math.min(kind.cutsPerMachine, cuts - i * kind.cutsPerMachine),
    seed: seed + i * seedStride,
  }));
  const worker = async (): Promise<void> => {
    for (let share = shares.shift(); share !== undefined; share = shares.shift()) {
      await countShare(kind, share, tally, () => progress(tally.cuts));
    }
  };
  await Promise.all(Array.from({ length: machines }, worker));
  const minutes = (performance.now() - begun) / 60_000;
  const perMinute = Math.round(tally.cuts / minutes);
  return { ...tally, perMinute, defect: await lookForDefect(kind, seed) };
}

const emptyTally = () => ({
  ...{ cuts: 0, commits: 0, lost: 0, wrong: 0, damaged: 0, failedStarts: 0 },
  during: {} as Partial<Record<Moment, number>>,
  findings: [] as CutFinding[],
});

async function countShare(
  { name, work }: CutKind,
  share: CutShare,
  tally: ReturnType<typeof emptyTally>,
  progress: () => void,
): Promise<void> {
  let done = 0;
  let acknowledged = 0;
  const count = (report: CutReport): void => {
    const { lost, wrong, damage } = report.found ?? { lost: 0, wrong: 0, damage: [] };
    done += report.during.length;
    acknowledged = Math.max(acknowledged, report.acknowledged);
    for (const moment of report.during) tally.during[moment] = (tally.during[moment] ?? 0) + 1;
    tally.cuts += report.during.length;
    tally.lost += lost;
    tally.wrong += wrong;
    tally.damaged += damage.length > 0 ? 1 : 0;
    tally.failedStarts += report.failedStart === undefined ? 0 : 1;
    progress();
    if (!isFinding(report) || tally.findings.length === findingLimit) return;
    tally.findings.push({
      again: replayCommand({ [name]: Math.max(1, done) }, share.seed),
      ...report,
    });
  };
  try {
    for await (const report of work(share)) count(report);
  } catch (error) {
    const failedStart = error instanceof Error ? error.message : String(error);
    count({ during: [], acknowledged, failedStart });
  }
  tally.commits += acknowledged;
}

function isFinding({ found, failedStart }: CutReport): boolean {
  return failedStart !== undefined || (found !== undefined && isWrong(found));
}

function isWrong({ lost, wrong, damage }: NonNullable<CutReport["found"]>): boolean {
  return lost + wrong + damage.length > 0;
}

/** A start that fails is not enough: it must be seen that something is missing. */
async function lookForDefect({ defect }: CutKind, seed: number): Promise<Defect> {
  let cuts = 0;
  let caught = false;
  for await (const { during, found } of defect.work({ cuts: defect.cuts, seed })) {
    cuts += during.length;
    caught ||= found !== undefined && isWrong(found);
  }
  return { what: defect.what, cuts, caught };
}
