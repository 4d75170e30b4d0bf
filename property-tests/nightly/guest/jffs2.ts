import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeNor, mountJffs2, mountPoint, report, unmount } from "./flash.ts";
import { appendNumbered, compareNumbered, openNumbered } from "./numbered-journal.ts";

const directory = join(mountPoint, "journal");

/** Appends to a journal on JFFS2 until the host has had enough; says each commit once durable. */
export async function writeJffs2(size = 0): Promise<void> {
  makeNor(size, 1);
  mountJffs2(0);
  mkdirSync(directory);
  const journal = await openNumbered(directory);
  for (let last = 0; ; ) {
    last = await appendNumbered(journal, last);
    report({ acknowledged: last });
  }
}

/**
 * Mounts copies of that flash as they were at the moments when the host took them; compares, and
 * goes on with the journal. The copies follow each other, with what was acknowledged of each.
 */
export async function checkJffs2(size = 0, ...acknowledged: readonly number[]): Promise<void> {
  makeNor(size, acknowledged.length);
  for (const [i, number] of acknowledged.entries()) {
    mountJffs2(i);
    const found = number < 0 ? undefined : compareNumbered(directory, number);
    if (found !== undefined)
      report({ cut: i, acknowledged: number, ...found, ...(await goOn(found.last)) });
    unmount();
  }
}

/** A journal that survived must take commits as before. */
async function goOn(last: number): Promise<{ readonly goesOn: boolean }> {
  const journal = await openNumbered(directory);
  const opened = Number(journal.stat().commits);
  const after = await appendNumbered(journal, opened);
  await journal.close();
  const { wrong, damage, last: found } = compareNumbered(directory, after);
  return { goesOn: opened === last && wrong === 0 && damage.length === 0 && found === after };
}
