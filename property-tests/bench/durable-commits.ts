import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";

/** Durable commits a second of three stores on one disk, in turns, and their ratios (G5). */
export interface DurableCommits {
  readonly rounds: number;
  /** Commits a second, each synced by itself: medians over the rounds. */
  readonly one: StoreRates;
  /** Commits a second in batches of 1000, one sync each. */
  readonly thousand: StoreRates;
  readonly ratios: {
    readonly oneToAppend: number;
    readonly oneToLevel: number;
    readonly thousandToLevel: number;
  };
  /** Bytes of this process at the end, resident. */
  readonly rss: number;
}

/** Of the journal, of a plain file that grows, and of LevelDB. */
export interface StoreRates {
  readonly journal: number;
  readonly append: number;
  readonly level: number;
}

type Store = keyof StoreRates;

/** A store under test: makes payloads durable, together. */
interface Candidate {
  readonly put: (payloads: readonly Uint8Array[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

const eventBytes = 90;

/**
 * Takes turns, so that a disk that gets slower or faster meanwhile does so for all.
 * @param rounds turns each; the median counts.
 */
export async function benchDurableCommits(rounds = 15): Promise<DurableCommits> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-durable-"));
  const stores = await candidates(home);
  try {
    const one = await rates(stores, rounds, 40, 1);
    const thousand = await rates(stores, rounds, 2, 1000);
    return {
      rounds,
      one,
      thousand,
      ratios: {
        oneToAppend: ratio(one.journal, one.append),
        oneToLevel: ratio(one.journal, one.level),
        thousandToLevel: ratio(thousand.journal, thousand.level),
      },
      rss: process.memoryUsage().rss,
    };
  } finally {
    for (const { close } of Object.values(stores)) await close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function candidates(home: string): Promise<Readonly<Record<Store, Candidate>>> {
  const journal = await openJournal(directoryDisk(join(home, "journal")), {});
  const file = openSync(join(home, "plain"), "a");
  const level = new Level<string, Uint8Array>(join(home, "level"), { valueEncoding: "view" });
  await level.open();
  let key = 0;
  return {
    journal: {
      put: async (payloads) => void (await journal.append(payloads)),
      close: journal.close,
    },
    append: {
      put: async (payloads) => {
        writeSync(file, Buffer.concat(payloads));
        fdatasyncSync(file);
      },
      close: async () => closeSync(file),
    },
    level: {
      put: async (payloads) => {
        const operations = payloads.map((value) => {
          key += 1;
          return { type: "put" as const, key: String(key).padStart(12, "0"), value };
        });
        await level.batch(operations, { sync: true });
      },
      close: () => level.close(),
    },
  };
}

async function rates(
  stores: Readonly<Record<Store, Candidate>>,
  rounds: number,
  times: number,
  batch: number,
): Promise<StoreRates> {
  const found: Record<Store, number[]> = { journal: [], append: [], level: [] };
  const payloads = Array.from({ length: batch }, (_, i) => new Uint8Array(eventBytes).fill(i + 1));
  for (let round = 0; round < rounds; round++) {
    for (const name of ["journal", "append", "level"] as const) {
      const began = process.hrtime.bigint();
      for (let i = 0; i < times; i++) await stores[name].put(payloads);
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      found[name].push((times * batch) / seconds);
    }
  }
  const median = (name: Store) =>
    Math.round(found[name].toSorted((a, b) => a - b)[rounds >> 1] ?? 0);
  return { journal: median("journal"), append: median("append"), level: median("level") };
}

function ratio(a: number, b: number): number {
  return Math.round((100 * a) / b) / 100;
}
