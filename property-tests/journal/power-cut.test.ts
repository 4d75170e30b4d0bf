import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryDisk, memoryDisk } from "#adapters/journal/memory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { commitOf } from "../contracts/journal-contract.ts";
import { payloadsOf, smallSegments } from "./kept-journal.ts";

/** What a run did: groups of commits by their lengths. */
type Groups = readonly (readonly number[])[];

/** A source of decisions that a number fixes, for every unsynced sector. */
function coin(seed: number): () => boolean {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 1) === 1;
  };
}

/** Appends groups until the disk dies; returns how many commits were acknowledged. */
async function runUntilDeath(
  disk: MemoryDisk,
  groups: Groups,
  numbers: number[][],
): Promise<number> {
  const before = disk.commits.length;
  let acknowledged = before;
  try {
    const journal = await openJournal(disk, smallSegments);
    for (const lengths of groups) {
      const first = acknowledged + 1;
      numbers.push(lengths.map((length, i) => (first + i) * 10_000 + length));
      const commits = lengths.map((length, i) => commitOf((first + i) * 10_000 + length, length));
      acknowledged = Number(await journal.append(commits));
    }
    await journal.close();
  } catch {
    return acknowledged;
  }
  return acknowledged;
}

/** After the power came back: all that was acknowledged is there, and nothing that was not asked. */
async function checkAfterPowerCut(
  disk: MemoryDisk,
  wanted: readonly Uint8Array[],
  acknowledged: number,
): Promise<void> {
  const journal = await openJournal(disk, smallSegments);
  const found = payloadsOf(journal);
  expect(found.length).toBeGreaterThanOrEqual(acknowledged);
  expect(found.length).toBeLessThanOrEqual(wanted.length);
  for (const [i, payload] of found.entries()) {
    if (Buffer.compare(payload, wanted[i] as Uint8Array) !== 0)
      expect.fail(`commit ${i + 1} differs`);
  }
  expect(await journal.verify()).toMatchObject({ damage: [], repaired: 0 });
  expect(journal.stat().repaired).toBe(0);
  await journal.close();
}

const length = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 300, max: 8192 }) },
);
const group = fc.array(length, { minLength: 1, maxLength: 8 });

describe("the power fails", () => {
  test("after any operation, with any of the unsynced sectors: no acknowledged commit is lost", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(group, { minLength: 1, maxLength: 12 }),
        fc.nat(70),
        fc.integer(),
        async (groups, operations, seed) => {
          const disk = memoryDisk();
          disk.dieAfter(operations);
          const numbers: number[][] = [];
          const acknowledged = await runUntilDeath(disk, groups, numbers);
          disk.cutPower(coin(seed));
          const wanted = numbers.flat().map((number) => commitOf(number, number % 10_000));
          await checkAfterPowerCut(disk, wanted, acknowledged);
        },
      ),
      { numRuns: 600 },
    );
  });

  test("at every single operation of a run with several segments, with none, all or some", async () => {
    const groups: Groups = [
      [40],
      [8000, 8000, 300],
      [8192, 8192, 8192, 8192, 8192],
      [10, 20],
      [8000, 8000],
    ];
    const whole = memoryDisk();
    await runUntilDeath(whole, groups, []);
    const last = whole.operations();
    expect(whole.list()).toContain("segment-00000002");
    for (let operations = 0; operations <= last; operations++) {
      for (const survives of [
        () => false,
        () => true,
        coin(operations + 1),
        coin(operations + 77),
      ]) {
        const disk = memoryDisk();
        disk.dieAfter(operations);
        const numbers: number[][] = [];
        const acknowledged = await runUntilDeath(disk, groups, numbers);
        disk.cutPower(survives);
        const wanted = numbers.flat().map((number) => commitOf(number, number % 10_000));
        await checkAfterPowerCut(disk, wanted, acknowledged);
      }
    }
  });

  test("every subset of the sectors of a group of commits leaves a journal that opens", async () => {
    const sectors = 7;
    for (let subset = 0; subset < 1 << sectors; subset++) {
      const disk = memoryDisk();
      const journal = await openJournal(disk, smallSegments);
      await journal.append([commitOf(1, 100)]);
      const group = [commitOf(2, 700), commitOf(3, 900), commitOf(4, 30), commitOf(5, 1300)];
      disk.dieAfter(1); // the write comes through, the sync does not
      await expect(journal.append(group)).rejects.toMatchObject({ problem: "sync failed" });
      let asked = 0;
      disk.cutPower(() => {
        asked += 1;
        return asked === 1 || (subset & (1 << (asked - 2))) !== 0; // the first is about the names
      });
      expect(asked).toBe(sectors + 1);
      await checkAfterPowerCut(disk, [commitOf(1, 100), ...group], 1);
    }
  });

  test("again and again, in the middle of starts too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(group, { maxLength: 4 }), fc.nat(40), fc.integer()), {
          minLength: 2,
          maxLength: 5,
        }),
        async (lives) => {
          const disk = memoryDisk();
          let least = 0;
          for (const [groups, operations, seed] of lives) {
            disk.dieAfter(operations);
            const before = disk.commits;
            const numbers: number[][] = [];
            const acknowledged = await runUntilDeath(disk, groups, numbers);
            disk.cutPower(coin(seed));
            const added = numbers.flat().map((number) => commitOf(number, number % 10_000));
            least = Math.max(least, acknowledged);
            await checkAfterPowerCut(disk, [...before, ...added], least);
            least = disk.commits.length;
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
