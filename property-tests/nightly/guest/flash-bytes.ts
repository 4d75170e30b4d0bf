import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { encodeCommit } from "#core/journal/commit.ts";
import type { ReadingEvent } from "#core/journal/reading-block.ts";
import { position } from "#core/units/position.ts";
import { priceClass } from "#core/units/price-class.ts";
import {
  failingFlash,
  makeNand,
  makeNor,
  mountJffs2,
  mountPoint,
  mountUbifs,
  report,
} from "./flash.ts";

const tracing = "/sys/kernel/tracing";

/** Bytes that were handed to a flash's driver to be programmed, since it was made. */
type Programmed = () => number;

/** Of NAND, as the driver tells that stands before it. */
const ofNand: Programmed = () => Number(readFileSync(failingFlash("programmed"), "latin1"));

/**
 * Of NOR, counted at a function of the kernel's own that all of them pass: JFFS2 comes to the driver
 * without the flash layer's door.
 */
function ofNor(): Programmed {
  const put = (file: string, text: string) => writeFileSync(join(tracing, file), text);
  put("kprobe_events", "p:flash phram_write len=%dx");
  put("events/kprobes/flash/trigger", "hist:keys=len");
  return () => {
    const text = readFileSync(join(tracing, "events/kprobes/flash/hist"), "latin1");
    let programmed = 0;
    for (const [, length, hits] of text.matchAll(/len:\s*(\d+) .*hitcount:\s*(\d+)/g)) {
      programmed += Number(length) * Number(hits);
    }
    return programmed;
  };
}

/**
 * A commit of one reading of each of so many neighbours: what a journal is mostly made of. File
 * systems on flash pack what they write, so that the bytes must be real ones.
 */
function reading(neighbours: number): Uint8Array {
  const events = Array.from({ length: neighbours }, (_, neighbour): ReadingEvent => {
    const read = randomBytes(6).readUIntLE(0, 6);
    const raw = BigInt(randomBytes(5).readUIntLE(0, 5));
    return {
      type: "BytesRead",
      neighbour,
      class: priceClass(1),
      read: position(BigInt(read)),
      raw,
    };
  });
  return encodeCommit(events);
}

async function count(commits: number, programmed: Programmed): Promise<void> {
  const directory = join(mountPoint, "journal");
  mkdirSync(directory);
  const before = programmed();
  const journal = await openJournal(directoryDisk(directory), {});
  const bytesToBegin = programmed() - before;
  const append = async (neighbours: number): Promise<number> => {
    const begun = programmed();
    for (let i = 0; i < commits; i++) await journal.append([reading(neighbours)]);
    return (programmed() - begun) / commits;
  };
  const bytesPerCommit = await append(1);
  const bytesPerRound = await append(100);
  report({ commits, bytesToBegin, bytesPerCommit, bytesPerRound });
  await journal.close();
}

/** On UBIFS over NAND with pages of 2 KiB. */
export async function countUbifs(commits = 1): Promise<void> {
  makeNand();
  mountUbifs();
  await count(commits, ofNand);
}

/** On JFFS2 over NOR. */
export async function countJffs2(commits = 1, size = 0): Promise<void> {
  makeNor(size, 1);
  mountJffs2(0);
  await count(commits, ofNor());
}
