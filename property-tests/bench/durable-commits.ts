import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Level } from "level";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { encodeCommit, encodeCommits } from "#core/journal/commit.ts";
import type { ReadingEvent } from "#core/journal/reading-block.ts";
import type { Position } from "#core/units/position.ts";
import { priceClass } from "#core/units/price-class.ts";

/** Events made durable a second by three stores on one disk, in turns, and their ratios (G5). */
export interface DurableCommits {
  readonly rounds: number;
  /** Commits of one event a second, each synced by itself: medians over the rounds. */
  readonly one: StoreRates;
  /** Events a second, a thousand of them with one sync. */
  readonly thousand: StoreRates;
  readonly ratios: {
    readonly oneToAppend: number;
    readonly oneToLevel: number;
    readonly thousandToLevel: number;
  };
  /**
   * Writes and syncs a second without any store: in a file of zeros, there by one call that writes and
   * syncs (O_DSYNC), and in a file that grows; and how many times more the better of the first two does
   * than the last. No journal in a file can gain more than that over a plain append (decision 32).
   */
  readonly disk: {
    readonly filled: number;
    readonly oneCall: number;
    readonly growing: number;
    readonly ratio: number;
  };
  readonly targets: typeof targets;
}

/** Of the journal, of a plain file that grows, and of LevelDB. */
export interface StoreRates {
  readonly journal: number;
  readonly append: number;
  readonly level: number;
}

const targets = { oneToAppend: 1.7, oneToLevel: 1.7, thousandToLevel: 5 } as const;

type Store = keyof StoreRates;

/** A store under test: makes events durable, together, in the form that suits it. */
interface Candidate {
  readonly put: (events: readonly ReadingEvent[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

const synced = promisify(fdatasync);

/**
 * Takes turns, so that a disk that gets slower or faster meanwhile does so for all. None of them
 * holds the thread while the disk works, as nothing in a router may.
 * @param rounds turns each; the median counts.
 */
export async function benchDurableCommits(rounds = 15): Promise<DurableCommits> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-durable-"));
  const stores = await candidates(home);
  try {
    const one = await rates(stores, rounds, 60, 1);
    const thousand = await rates(stores, rounds, 5, 1000);
    return {
      rounds,
      one,
      thousand,
      ratios: {
        oneToAppend: ratio(one.journal, one.append),
        oneToLevel: ratio(one.journal, one.level),
        thousandToLevel: ratio(thousand.journal, thousand.level),
      },
      disk: diskAlone(home),
      targets,
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
      put: async (events) => void (await journal.append(encodeCommits(events))),
      close: journal.close,
    },
    append: {
      put: async (events) => {
        writeSync(file, Buffer.concat(encodeCommits(events)));
        await synced(file);
      },
      close: async () => closeSync(file),
    },
    level: {
      put: async (events) => {
        const operations = events.map((event) => {
          key += 1;
          const value = encodeCommit([event]);
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
  for (let round = 0; round < rounds; round++) {
    for (const name of ["journal", "append", "level"] as const) {
      const events = readings(batch, round);
      const began = process.hrtime.bigint();
      for (let i = 0; i < times; i++) await stores[name].put(events);
      found[name].push((times * batch) / seconds(began));
    }
  }
  const median = (name: Store) => Math.round(middle(found[name]));
  return { journal: median("journal"), append: median("append"), level: median("level") };
}

function readings(count: number, round: number): readonly ReadingEvent[] {
  return Array.from({ length: count }, (_, i): ReadingEvent => {
    const read = (10n ** 12n + BigInt(round * 1_000_003 + i * 7919)) as Position;
    return { type: "BytesRead", neighbour: i % 100, class: priceClass(1), read, raw: read };
  });
}

/** The same disk, asked by nobody but this loop. */
function diskAlone(home: string): DurableCommits["disk"] {
  const bytes = Buffer.alloc(128, 7);
  const size = 256 * 1024;
  const filled = openSync(join(home, "filled"), "w+");
  writeSync(filled, Buffer.alloc(size));
  fdatasyncSync(filled);
  const oneCall = openSync(join(home, "filled"), constants.O_RDWR | constants.O_DSYNC);
  const growing = openSync(join(home, "growing"), "a");
  const [inFilled, inOneCall, inGrowing]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < 1000; i++) {
    let began = process.hrtime.bigint();
    writeSync(filled, bytes, 0, bytes.length, (i * bytes.length) % size);
    fdatasyncSync(filled);
    inFilled.push(seconds(began));
    began = process.hrtime.bigint();
    writeSync(oneCall, bytes, 0, bytes.length, (i * bytes.length) % size);
    inOneCall.push(seconds(began));
    began = process.hrtime.bigint();
    writeSync(growing, bytes);
    fdatasyncSync(growing);
    inGrowing.push(seconds(began));
  }
  closeSync(filled);
  closeSync(oneCall);
  closeSync(growing);
  const [a, b, c] = [inFilled, inOneCall, inGrowing].map((all) => 1 / middle(all)) as [
    number,
    number,
    number,
  ];
  return {
    filled: Math.round(a),
    oneCall: Math.round(b),
    growing: Math.round(c),
    ratio: ratio(Math.max(a, b), c),
  };
}

function seconds(began: bigint): number {
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function ratio(a: number, b: number): number {
  return Math.round((100 * a) / b) / 100;
}
