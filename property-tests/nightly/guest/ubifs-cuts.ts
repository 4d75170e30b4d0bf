import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "../acknowledged.ts";
import type { Moment } from "../cut-report.ts";
import { failure, reportCuts } from "./cut-reports.ts";
import {
  attachNand,
  detachNand,
  failAfter,
  isOff,
  makeNand,
  mountPoint,
  mountUbifs,
  powerOn,
  unmount,
} from "./flash.ts";
import { appendNumbered, compareNumbered, openNumbered } from "./numbered-journal.ts";

const directory = join(mountPoint, "journal");

/** From when programs and erases are counted, and below how many of them the power fails. */
const operations = { attach: 64, open: 16, append: 400 } as const;
const beginnings = ["attach", "open", "append"] as const;

/** What a torn operation leaves is drawn below this. */
const tearings = 2 ** 31;

/** What is known of the journal. */
interface Story {
  /** The last commit that is acknowledged. */
  acknowledged: number;
  /** What was going on at each cut since the journal was looked at. */
  unseen: Moment[];
}

/**
 * Lets the power of NAND flash fail again and again under UBI, UBIFS and the journal: while it is
 * written, and while it still starts from the cut before, so that recoveries and repairs are cut as
 * well. As soon as the file system is mounted again, all that was acknowledged must be there;
 * the journal must open, and goes on from there. Ends with the first start that fails.
 * @param syncs 0 for a journal that does not sync: this must find that out.
 */
export async function cutUbifs(cuts = 1, seed = 1, syncs = 1): Promise<void> {
  const next = seeded(seed);
  const story: Story = { acknowledged: 0, unseen: [] };
  makeNand();
  mountUbifs();
  mkdirSync(directory);
  unmount();
  detachNand();
  try {
    for (let cut = 1; cut <= cuts; cut++) await live(story, syncs !== 0, drawn(next));
    await live(story, syncs !== 0);
  } catch (error) {
    const { acknowledged, unseen } = story;
    reportCuts({ during: unseen, acknowledged, failedStart: failure(error) });
  }
}

/** When the power fails. */
interface Cut {
  readonly from: keyof typeof operations;
  readonly operations: number;
  readonly tearing: number;
}

function drawn(next: (below: number) => number): Cut {
  const from = beginnings[next(beginnings.length)] ?? "append";
  return { from, operations: next(operations[from]), tearing: 1 + next(tearings) };
}

/** Starts from what is on the flash, and appends until the power fails; once where it does not. */
async function live(story: Story, syncs: boolean, cut?: Cut): Promise<void> {
  const ends: (() => unknown)[] = [];
  let during: Moment = "attach";
  const begin = (next: Moment): void => {
    during = next;
    if (cut?.from === next) failAfter(cut.operations, cut.tearing);
  };
  try {
    begin("attach");
    attachNand();
    ends.unshift(detachNand);
    begin("mount");
    mountUbifs();
    ends.unshift(unmount);
    look(story);
    begin("open");
    const journal = await openNumbered(directory, syncs);
    ends.unshift(() => journal.close().catch(() => undefined));
    const opened = Number(journal.stat().commits);
    if (opened !== story.acknowledged) {
      throw new Error(`opened at ${opened} after ${story.acknowledged}`);
    }
    begin("append");
    do story.acknowledged = await appendNumbered(journal, story.acknowledged);
    while (cut !== undefined);
  } catch (error) {
    // Anything else is a start that failed, or the journal's own.
    if (!isOff()) throw error;
    story.unseen.push(during);
  } finally {
    for (const end of ends) await end();
    powerOn();
  }
}

/** Compares what the journal holds, before anything is written, with what was acknowledged. */
function look(story: Story): void {
  if (isOff()) throw new Error("without power nothing can be looked at");
  const { acknowledged, unseen } = story;
  if (unseen.length === 0) return;
  const found = compareNumbered(directory, acknowledged);
  reportCuts({ during: unseen, acknowledged, found });
  story.acknowledged = found.last;
  story.unseen = [];
}
