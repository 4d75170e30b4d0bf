import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { makeNand, makeNor, mountJffs2, mountPoint, mountUbifs, report } from "./flash.ts";

const tracing = "/sys/kernel/tracing";

/**
 * Bytes that the kernel hands to the flash to be programmed, counted at a function of its own that
 * all of them pass: UBI calls the flash layer's door, JFFS2 comes to the driver without it.
 */
function countFlash(door: "mtd_write" | "phram_write"): () => { readonly programmed: number } {
  const put = (file: string, text: string) => writeFileSync(join(tracing, file), text);
  put("kprobe_events", `p:flash ${door} len=%dx`);
  put("events/kprobes/flash/trigger", "hist:keys=len");
  return () => {
    const text = readFileSync(join(tracing, "events/kprobes/flash/hist"), "latin1");
    let programmed = 0;
    for (const [, length, hits] of text.matchAll(/len:\s*(\d+) .*hitcount:\s*(\d+)/g)) {
      programmed += Number(length) * Number(hits);
    }
    return { programmed };
  };
}

/**
 * A one-event commit of the size that a reading has, as the benches have it. Of bytes that no file
 * system can pack: JFFS2 and UBIFS try.
 */
const eventBytes = 90;

/** A commit of one reading of each of 100 neighbours. */
const roundBytes = 1200;

async function count(commits: number, door: "mtd_write" | "phram_write"): Promise<void> {
  const directory = join(mountPoint, "journal");
  mkdirSync(directory);
  const read = countFlash(door);
  const journal = await openJournal(directoryDisk(directory), {});
  const begun = read();
  const append = async (bytes: number): Promise<number> => {
    const { programmed } = read();
    for (let i = 0; i < commits; i++) await journal.append([randomBytes(bytes)]);
    return (read().programmed - programmed) / commits;
  };
  const bytesPerCommit = await append(eventBytes);
  const bytesPerRound = await append(roundBytes);
  report({ commits, bytesToBegin: begun.programmed, bytesPerCommit, bytesPerRound });
  await journal.close();
}

/** On UBIFS over NAND with pages of 2 KiB. */
export async function countUbifs(commits = 1): Promise<void> {
  makeNand();
  mountUbifs();
  await count(commits, "mtd_write");
}

/** On JFFS2 over NOR. */
export async function countJffs2(commits = 1, size = 0): Promise<void> {
  makeNor(size, 1);
  mountJffs2(0);
  await count(commits, "phram_write");
}
