import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "../acknowledged.ts";
import { makeNand, mountPoint, mountUbifs, report, unmount } from "./flash.ts";
import { appendNumbered, compareNumbered, openNumbered } from "./numbered-journal.ts";

/** After so many commits without a cut the file system is told to go on, and is cut later. */
const patience = 300;

/**
 * Cuts the power of a UBIFS again and again, with its authors' own means: from some operation on it
 * writes nothing more, and spoils the last thing that it wrote. After each mount all that was
 * acknowledged must be there, and the journal goes on from there.
 */
export async function cutUbifs(cuts = 1, seed = 1): Promise<void> {
  const next = seeded(seed);
  const directory = join(mountPoint, "journal");
  makeNand();
  mountUbifs();
  mkdirSync(directory);
  unmount();
  let acknowledged = 0;
  for (let done = 0; done < cuts; ) {
    mountUbifs();
    const life = await liveUntilCut(directory, acknowledged, next);
    unmount();
    mountUbifs();
    const found = compareNumbered(directory, life.acknowledged);
    unmount();
    acknowledged = found.last;
    if (!life.cut) continue;
    done += 1;
    report({ ...life, ...found, cut: done });
  }
}

interface Life {
  readonly acknowledged: number;
  readonly cut: boolean;
  /** What the journal said when the disk was gone. */
  readonly words: string;
}

/** Appends until the disk is gone, which it is told to be at a moment that the seed chooses. */
async function liveUntilCut(
  directory: string,
  before: number,
  next: (below: number) => number,
): Promise<Life> {
  const quiet = next(3) === 0 ? 0 : next(60);
  if (quiet === 0) setCuts(true);
  let acknowledged = before;
  let closing: (() => Promise<void>) | undefined;
  try {
    const journal = await openNumbered(directory);
    closing = journal.close;
    const opened = Number(journal.stat().commits);
    if (opened !== before) throw new Error(`opened at ${opened} after ${before}`);
    for (let i = 0; i < patience; i++) {
      if (i === quiet) setCuts(true);
      acknowledged = await appendNumbered(journal, acknowledged);
    }
    setCuts(false);
    return { acknowledged, cut: false, words: "" };
  } catch (error) {
    const words = String((error as Error).message);
    // Anything else is the journal's own: the machine ends with it, and the run fails.
    if (!/\((?:EROFS|EIO)\)/.test(words)) throw error;
    return { acknowledged, cut: true, words };
  } finally {
    await closing?.().catch(() => undefined);
  }
}

function setCuts(on: boolean): void {
  const debug = "/sys/kernel/debug/ubifs";
  for (const name of readdirSync(debug).filter((one) => one.startsWith("ubi"))) {
    writeFileSync(join(debug, name, "tst_recovery"), on ? "1" : "0");
  }
}
