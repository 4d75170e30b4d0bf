import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { type MemoryDisk, memoryDisk } from "#adapters/journal/memory-disk.ts";
import { type OpenJournal, openJournal } from "#adapters/journal/open-journal.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { journalRoom } from "#agent/agent/journal-room.ts";
import { replayedLedger } from "#agent/agent/replayed-ledger.ts";
import { resetCounter } from "#agent/agent/reset-counts.ts";
import { decodeCommit, encodeCommits } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { program } from "#core/node/program.ts";
import { commitOf, inside } from "../contracts/journal-contract.ts";
import { drain, lineWorld, nodeAt, smallTerms, traffic } from "../simulator/line-world.ts";
import { memoryPlace } from "./journal-place.ts";
import { copyOf, payloadsOf, smallSegments } from "./kept-journal.ts";

const history = Array.from({ length: 40 }, (_, i) => commitOf(i + 1, 4000));
const state = [commitOf(1001, 5000), commitOf(1002, 8000), commitOf(1003, 30)];
const later = [commitOf(2001, 100), commitOf(2002, 200)];

const plain = (commits: readonly Uint8Array[]) => commits.map((one) => Array.from(one));
const startsWith = (found: readonly Uint8Array[], wanted: readonly Uint8Array[]): boolean =>
  wanted.every((one, i) => found[i] !== undefined && Buffer.compare(one, found[i]) === 0);

async function lived(disk: MemoryDisk, told: { restated: boolean; appended: number }) {
  const journal = await openJournal(disk, smallSegments);
  for (const commit of history) {
    await journal.append([commit]);
    told.appended += 1;
  }
  await journal.restate(state);
  told.restated = true;
  for (const commit of later) {
    await journal.append([commit]);
    told.appended += 1;
  }
  return journal;
}

describe("a journal that begins anew", () => {
  test("holds its state and what followed, counts commits on, and gives the room back", async () => {
    const disk = memoryDisk();
    const journal = await lived(disk, { restated: false, appended: 0 });
    expect(plain(payloadsOf(journal))).toEqual(plain([...state, ...later]));
    const stat = journal.stat();
    expect(stat).toMatchObject({ commits: 45n, segments: 1, bytes: 3n * 65_536n });
    await journal.snapshot({ sequence: 44n, payload: Uint8Array.of(7) });
    await journal.close();
    expect(disk.list().filter((name) => /^segment-\d+$/.test(name))).toEqual(["segment-00000004"]);
    const again = await openJournal(disk, smallSegments);
    expect(plain(payloadsOf(again))).toEqual(plain([...state, ...later]));
    expect(again.latestSnapshot()?.sequence).toBe(44n);
    expect(await again.append([commitOf(1)])).toBe(46n);
    expect(await again.verify()).toMatchObject({ damage: [], commits: 6n });
  });

  test("whenever the power fails meanwhile, is the old one whole or the new one whole", async () => {
    const whole = memoryDisk();
    await lived(whole, { restated: false, appended: 0 });
    const last = whole.operations();
    const begun = (await copyBefore()).operations();
    const seen = { old: 0, new: 0 };
    for (let operations = begun; operations <= last; operations++) {
      for (const survives of [() => false, () => true, flipping()]) {
        const disk = memoryDisk();
        disk.dieAfter(operations);
        const told = { restated: false, appended: 0 };
        await lived(disk, told).catch(() => undefined);
        disk.cutPower(survives);
        const journal = await openJournal(disk, smallSegments);
        const found = payloadsOf(journal);
        const acknowledged = later.slice(0, Math.max(0, told.appended - history.length));
        const isNew = startsWith(found, [...state, ...acknowledged]);
        if (told.restated) expect(isNew).toBe(true);
        else expect(isNew || startsWith(found, history)).toBe(true);
        seen[isNew ? "new" : "old"] += 1;
        expect(await journal.verify()).toMatchObject({ damage: [] });
        await journal.append([commitOf(9)]);
        await journal.close();
      }
    }
    expect(Math.min(seen.old, seen.new)).toBeGreaterThan(5);
  });

  test("is read with its history too, where somebody kept it, and misses what is missing", async () => {
    const before = await copyBefore();
    const all = await copyOf(before);
    const disk = memoryDisk();
    const journal = await lived(disk, { restated: false, appended: 0 });
    await journal.close();
    for (const name of disk.list()) {
      if (/^segment-\d+$/.test(name)) await all.create(name, disk.read(name, 65_536));
    }
    const commits = () =>
      [...scan(all, "oldest")].flatMap((look) =>
        look.type === "segment" ? look.segment.frames.map(({ payload }) => payload) : [],
      );
    expect(plain(commits())).toEqual(plain([...history, ...state, ...later]));
    all.truncate("segment-00000002", undefined);
    expect([...scan(all, "oldest")].at(-1)).toMatchObject({ type: "damage" });
    expect([...scan(all)].map((look) => look.type)).toEqual(["segment"]);
  });

  test("does not where its state has no room: nothing is lost, and it goes on", async () => {
    const disk = memoryDisk();
    const journal = await openJournal(disk, { ...smallSegments, limit: 3 * 65_536 });
    for (const commit of history.slice(0, 14)) await journal.append([commit]);
    const large = Array.from({ length: 30 }, (_, i) => commitOf(i, 8000));
    await expect(journal.restate(large)).rejects.toMatchObject({ problem: "full" });
    await expect(journal.restate([])).rejects.toMatchObject({ problem: "too large" });
    expect(plain(payloadsOf(journal))).toEqual(plain(history.slice(0, 14)));
    expect(await journal.append([commitOf(15)])).toBe(15n);
  });

  test("with any flipped bit in the header of its first segment, is put right", async () => {
    const disk = memoryDisk();
    await (await lived(disk, { restated: false, appended: 0 })).close();
    for (let bit = 0; bit < 108 * 8; bit += 5) {
      for (const copy of [0, 512]) {
        const flipped = await copyOf(disk);
        flipped.damage("segment-00000004", (bytes) => {
          bytes[copy + (bit >> 3)] = (bytes[copy + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
        });
        const journal: OpenJournal = await openJournal(flipped, smallSegments);
        expect(plain(payloadsOf(journal))).toEqual(plain([...state, ...later]));
        expect(journal.stat().repaired).toBe(1);
        await journal.close();
      }
    }
  });
});

/** The disk just before the journal begins anew. */
async function copyBefore(): Promise<MemoryDisk> {
  const disk = memoryDisk();
  const journal = await openJournal(disk, smallSegments);
  for (const commit of history) await journal.append([commit]);
  await journal.close();
  return disk;
}

function flipping(): () => boolean {
  let on = false;
  return () => {
    on = !on;
    return on;
  };
}

test("an agent's journal of 256 KiB lasts for ever: never full, and always all there is to know", async () => {
  const limit = 256 * 1024;
  const options = { limit, segmentSize: 64 * 1024 };
  const place = memoryPlace();
  const resets = resetCounter();
  const world = lineWorld({
    terms: smallTerms,
    deposit: 1_000_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
  });
  const self = nodeAt(world, 1);
  let done = 0;
  let commits = 0n;
  await inside(
    place,
    Effect.fnUntraced(function* (journal) {
      const room = journalRoom(journal, resets, 500);
      const programs = { first: program, second: program };
      for (let round = 0; round < 3000; round++) {
        traffic(world, 0, 0, 4n, 0n);
        drain(world, 1);
        const events = self.journal.slice(done);
        done = self.journal.length;
        if (events.length === 0) continue;
        resets.count(events);
        yield* journal.append(encodeCommits(events));
        expect(
          yield* room.keep({ node: self, twin: self, programs }, events.length),
        ).toBeUndefined();
        const stat = yield* journal.stat;
        expect(stat.bytes).toBeLessThanOrEqual(BigInt(limit));
        commits = stat.commits;
      }
    }),
    options,
  );
  const quick = await inside(place, (journal) => replayedLedger(journal, resetCounter()), options);
  expect(quick).toEqual(self.ledger);
  for (const name of ["snapshot-0", "snapshot-1"]) {
    expect(place.names()).toContain(name);
    place.flip(name, 8 * 90);
    const slow = await inside(place, (journal) => replayedLedger(journal, resetCounter()), options);
    expect(slow).toEqual(self.ledger);
  }
  const found = await inside(place, (journal) => journal.read, options);
  expect(BigInt(found.length)).toBeLessThan(commits / 2n);
  const again = resetCounter();
  const events = found.flatMap(decodeCommit);
  again.count(events);
  expect(events.reduce(evolve, emptyLedger)).toEqual(self.ledger);
  const key = { neighbour: 0, class: 1 as never };
  expect([again.leaps(key), again.forgiven(key)]).toEqual([
    resets.leaps(key),
    resets.forgiven(key),
  ]);
});
