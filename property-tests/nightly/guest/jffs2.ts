import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { failure, reportCuts } from "./cut-reports.ts";
import { makeNor, mountJffs2, mountPoint, report, unmount } from "./flash.ts";
import { appendNumbered, compareNumbered, openNumbered } from "./numbered-journal.ts";

const directory = join(mountPoint, "journal");

/**
 * Appends to a journal on JFFS2 until the host has had enough; says each commit once durable.
 * @param hasty 1 for a writer that says it beforehand: the host must find that out.
 */
export async function writeJffs2(size = 0, hasty = 0): Promise<void> {
  makeNor(size, 1);
  mountJffs2(0);
  mkdirSync(directory);
  const journal = await openNumbered(directory);
  for (let last = 0; ; ) {
    if (hasty !== 0) report({ acknowledged: last + 1 });
    last = await appendNumbered(journal, last);
    report({ acknowledged: last });
  }
}

/**
 * Mounts copies of that flash as they were at the moments when the host took them; compares, and
 * goes on with the journal. The copies follow each other, with what was acknowledged of each.
 */
export async function checkJffs2(size = 0, ...copies: readonly number[]): Promise<void> {
  makeNor(size, copies.length);
  for (const [i, acknowledged] of copies.entries()) {
    try {
      mountJffs2(i);
      const found = compareNumbered(directory, acknowledged);
      reportCuts({ during: ["append"], acknowledged, found });
      await goOn(found.last);
      unmount();
    } catch (error) {
      reportCuts({ during: [], acknowledged, failedStart: failure(error) });
      spawnSync("umount", [mountPoint]);
    }
  }
}

/** A journal that survived must take commits as before. @throws Error if it does not. */
async function goOn(last: number): Promise<void> {
  const journal = await openNumbered(directory);
  const opened = Number(journal.stat().commits);
  const after = await appendNumbered(journal, opened);
  await journal.close();
  const found = compareNumbered(directory, after);
  const right = opened === last && found.last === after && found.wrong + found.damage.length === 0;
  if (!right) throw new Error(`opened at ${opened} after ${last}, then ${JSON.stringify(found)}`);
}
