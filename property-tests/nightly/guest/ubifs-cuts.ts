import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "../acknowledged.ts";
import {
  attachNand,
  detachNand,
  failAfter,
  isOff,
  makeNand,
  mountPoint,
  mountUbifs,
  powerOn,
  report,
  unmount,
} from "./flash.ts";
import { appendNumbered, compareNumbered, openNumbered } from "./numbered-journal.ts";

const directory = join(mountPoint, "journal");

/** At most so many programs and erases before a cut, counted from before the flash is attached. */
const earlyOperations = 16;

/** The same, counted from when the journal is open. */
const lateOperations = 400;

/** Which page of the torn operation is left, and what in it, is drawn below this. */
const tearings = 2 ** 31;

/**
 * Lets the power of NAND flash fail again and again under UBI, UBIFS and the journal: while it is
 * written, and in one life of three while it is still starting from the cut before. After each cut
 * the flash is attached and mounted anew; all that was acknowledged must be there, and the journal
 * goes on from there.
 * @param syncs 0 for a journal that does not sync: this must find that out.
 */
export async function cutUbifs(cuts = 1, seed = 1, syncs = 1): Promise<void> {
  const next = seeded(seed);
  makeNand();
  mountUbifs();
  mkdirSync(directory);
  unmount();
  detachNand();
  let last = 0;
  for (let cut = 1; cut <= cuts; cut++) {
    const life = await liveUntilCut(last, next, syncs !== 0);
    powerOn();
    attachNand();
    mountUbifs();
    const found = compareNumbered(directory, life.acknowledged);
    unmount();
    detachNand();
    last = found.last;
    report({ ...life, ...found, cut });
  }
}

interface Life {
  readonly acknowledged: number;
  /** What was going on. */
  readonly during: "attach" | "mount" | "open" | "append";
  /** What was said when the power was gone. */
  readonly words: string;
}

/** Starts from what is on the flash, and appends until the power fails at the moment drawn. */
async function liveUntilCut(
  last: number,
  next: (below: number) => number,
  syncs: boolean,
): Promise<Life> {
  const early = next(3) === 0;
  const operations = next(early ? earlyOperations : lateOperations);
  const tearing = 1 + next(tearings);
  const ends: (() => unknown)[] = [];
  let acknowledged = last;
  let during: Life["during"] = "attach";
  try {
    if (early) failAfter(operations, tearing);
    attachNand();
    ends.unshift(detachNand);
    during = "mount";
    mountUbifs();
    ends.unshift(unmount);
    during = "open";
    const journal = await openNumbered(directory, syncs);
    ends.unshift(() => journal.close().catch(() => undefined));
    const opened = Number(journal.stat().commits);
    if (opened !== last) throw new Error(`opened at ${opened} after ${last}`);
    during = "append";
    if (!early) failAfter(operations, tearing);
    for (;;) acknowledged = await appendNumbered(journal, acknowledged);
  } catch (error) {
    // Anything else is the journal's own: the machine ends with it, and the run fails.
    if (!isOff()) throw error;
    return { acknowledged, during, words: String((error as Error).message) };
  } finally {
    for (const end of ends) await end();
  }
}
