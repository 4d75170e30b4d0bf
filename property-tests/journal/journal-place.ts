import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { type MemoryDisk, memoryDisk, memoryJournal } from "#adapters/journal/memory-journal.ts";
import type { JournalPlace } from "../contracts/journal-contract.ts";

/** A journal's place in a directory. */
export function directoryPlace(directory: string): JournalPlace {
  return {
    open: (options = {}) => fileJournal({ directory, ...options }),
    flip: (name, bit) => {
      const bytes = readFileSync(join(directory, name));
      flipBit(bytes, bit);
      writeFileSync(join(directory, name), bytes);
    },
    names: () => readdirSync(directory),
  };
}

/** A journal's place in memory. */
export function memoryPlace(disk: MemoryDisk = memoryDisk()): JournalPlace {
  return {
    open: (options = {}) => memoryJournal(disk, options),
    flip: (name, bit) => disk.damage(name, (bytes) => flipBit(bytes, bit)),
    names: disk.list,
  };
}

/** Flips one bit: number counted from the first byte, lowest bit first. */
export function flipBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
}
