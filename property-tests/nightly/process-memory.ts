import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

/** A page, and what the mapping that it belongs to is called. */
export interface Page {
  readonly address: number;
  readonly region: string;
}

/** What a page of memory has, in bytes. */
export const pageSize = 4096;

/** The pages that are writable, private to the process and in memory (proc(5)). */
export function residentPages(pid: number): readonly Page[] {
  const pages: Page[] = [];
  const map = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const found = /^([0-9a-f]+)-([0-9a-f]+) rw\Sp \S+ \S+ \S+ *(.*)$/.exec(line);
      if (found === null) continue;
      const [from, to] = [found[1], found[2]].map((one) => Number.parseInt(one ?? "0", 16));
      if (from === undefined || to === undefined || !Number.isSafeInteger(to)) continue;
      const count = (to - from) / pageSize;
      const entries = Buffer.alloc(count * 8);
      readSync(map, entries, 0, entries.length, (from / pageSize) * 8);
      for (let i = 0; i < count; i++) {
        if (((entries[i * 8 + 7] as number) & 0x80) === 0) continue;
        pages.push({ address: from + i * pageSize, region: found[3] ?? "" });
      }
    }
  } finally {
    closeSync(map);
  }
  return pages;
}

/** Flips one bit of a byte in the memory of a process (proc(5)): root, or its parent. */
export function flipBit(pid: number, address: number, bit: number): void {
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  try {
    const byte = new Uint8Array(1);
    readSync(memory, byte, 0, 1, address);
    byte[0] = (byte[0] as number) ^ (1 << bit);
    writeSync(memory, byte, 0, 1, address);
  } finally {
    closeSync(memory);
  }
}

/** Where these bytes are in the resident writable memory of a process; not across two pages. */
export function addressesOf(pid: number, wanted: Uint8Array): readonly number[] {
  const found: number[] = [];
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    const page = Buffer.alloc(pageSize);
    for (const { address } of residentPages(pid)) {
      const length = readSync(memory, page, 0, pageSize, address);
      const part = page.subarray(0, length);
      for (let at = part.indexOf(wanted); at >= 0; at = part.indexOf(wanted, at + 1)) {
        found.push(address + at);
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}
