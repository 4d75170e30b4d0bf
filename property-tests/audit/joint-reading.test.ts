import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { NumberedEvent } from "#core/audit/book-reader.ts";
import { type Book, partings } from "#core/audit/joint-reading.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { tradedWorld } from "../index/traded-history.ts";
import { drain, type LineWorld, lineWorld, smallTerms, traffic } from "../simulator/line-world.ts";
import { modelledCheck } from "../simulator/test-signer.ts";

/** What a forger does to a list of events. */
interface Forgery {
  readonly node: number;
  readonly kind: "drop" | "double" | "swap" | "restate" | "forget" | "dearer" | "end";
  /** Where, in thousandths of the list. */
  readonly at: number;
}

const forgery: fc.Arbitrary<Forgery> = fc.record({
  node: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom("drop", "double", "swap", "restate", "forget", "dearer", "end"),
  at: fc.integer({ min: 0, max: 999 }),
});

const signed = new Set<LedgerEvent["type"]>([
  "LeaseAccepted",
  "LeaseGranted",
  "VoucherSigned",
  "VoucherCredited",
]);

function forged(events: readonly LedgerEvent[], { kind, at }: Forgery): readonly LedgerEvent[] {
  const any = Math.floor((events.length * at) / 1000);
  // The next event that says something signed: others matter to no neighbour.
  const place = Math.max(
    any,
    events.findIndex(({ type }, i) => i >= any && signed.has(type)),
  );
  const one = events[place];
  if (one === undefined) return events;
  switch (kind) {
    case "drop":
      return events.toSpliced(place, 1);
    case "double":
      return events.toSpliced(place, 0, one);
    case "swap":
      return events.toSpliced(place, 2, ...events.slice(place, place + 2).toReversed());
    case "restate":
    case "forget": {
      const before = events.slice(0, place);
      const resets = { leaps: () => 0n, forgiven: () => 0n };
      const parts = restatement(before.reduce(evolve, emptyLedger), resets);
      return [...(kind === "forget" ? [] : before), ...parts, ...events.slice(place)];
    }
    case "dearer":
      if (one.type !== "LeaseGranted" && one.type !== "LeaseAccepted") return events;
      return events.with(place, {
        ...one,
        lease: { ...one.lease, price: (one.lease.price + 1n) as never },
      });
    case "end":
      return events.slice(0, place);
  }
}

/** A book whose openings are counted. */
function counted(world: LineWorld, node: number, events: readonly LedgerEvent[]) {
  const { neighbours } = events.reduce(evolve, emptyLedger);
  const openings = { count: 0 };
  const book: Book = {
    node: world.nodes[node]?.signer.id as Book["node"],
    neighbours: neighbours.map(({ id }) => id),
    events: function* (): Generator<NumberedEvent> {
      openings.count += 1;
      for (const [i, event] of events.entries()) yield { sequence: BigInt(i + 1), event };
    },
  };
  return { book, openings };
}

/** Every account of a line, as far as both ends know it. */
const accountsOf = (lists: readonly (readonly LedgerEvent[])[]) =>
  compareJournals(lists.map((events) => auditJournal(events, modelledCheck))).hops;

const worlds = [1, 2, 3].map((seed) => tradedWorld(seed));

test("however much may wait, the same partings are found, in whatever state the journals are", () => {
  let parted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...worlds),
      fc.array(forgery, { maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      (world, forgeries, limit) => {
        const lists = world.nodes.map(({ journal }, node) =>
          forgeries.filter((one) => one.node === node).reduce(forged, journal),
        );
        const accounts = accountsOf(lists);
        const books = lists.map((events, node) => counted(world, node, events).book);
        const alone = partings(accounts, books, 0);
        expect(partings(accounts, books)).toEqual(alone);
        expect(partings(accounts, books, limit)).toEqual(alone);
        parted += alone.length;
      },
    ),
    { numRuns: 60 },
  );
  expect(parted).toBeGreaterThan(20);
});

test("the journals of honest neighbours are read once, however many accounts they share", () => {
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 7n,
    prices: Array.from({ length: 6 }, () => 3n),
    classes: 7,
    keys: "modelled",
  });
  drain(world, 3);
  for (let i = 0; i < 12; i++) {
    for (let wire = 0; wire < 5; wire++) {
      traffic(world, wire, 0, 7n, 0n, 1 + ((i + wire) % 7));
      traffic(world, wire, 1, 4n, 100n, 1 + (i % 7));
    }
    drain(world, 2);
  }
  drain(world, 4);
  const lists = world.nodes.map(({ journal }) => journal);
  const accounts = accountsOf(lists);
  expect(accounts.length).toBe(2 * 5 * 7);
  const books = lists.map((events, node) => counted(world, node, events));
  const all = books.map(({ book }) => book);
  expect(partings(accounts, all)).toEqual([]);
  expect(books.map(({ openings }) => openings.count)).toEqual([1, 1, 1, 1, 1, 1]);
  // By itself each of them would be read again and again.
  expect(partings(accounts, all, 0)).toEqual([]);
  expect(books.every(({ openings }) => openings.count > 5)).toBe(true);
});

/** Compares books in opposite order, in a process with little memory; resolves to its end. */
function inLittleMemory(limit: number): Promise<{ out: string; signal: string | null }> {
  const program = fileURLToPath(new URL("opposite-books.ts", import.meta.url));
  const child = spawn(process.execPath, ["--max-old-space-size=40", program, String(limit)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let out = "";
  child.stdout.on("data", (part: Buffer) => {
    out += part.toString("utf8");
  });
  return new Promise((resolve) => child.once("close", (_, signal) => resolve({ out, signal })));
}

test("books in opposite order do not fill the memory: what waits is bounded", async () => {
  expect(await inLittleMemory(1024)).toEqual({ out: "0 partings\n", signal: null });
  // Without a limit they do not fit: V8 ends the process.
  const unlimited = await inLittleMemory(Number.MAX_SAFE_INTEGER);
  expect(unlimited).toEqual({ out: "", signal: "SIGABRT" });
});
