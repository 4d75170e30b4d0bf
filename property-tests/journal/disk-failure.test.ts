import { describe, expect, test } from "vitest";
import { type DiskFault, memoryDisk } from "#adapters/journal/memory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { framesBegin } from "#adapters/journal/segment.ts";
import { commitOf } from "../contracts/journal-contract.ts";
import { flipBit } from "./journal-place.ts";
import { payloadsOf, prefixLength, smallSegments } from "./kept-journal.ts";

/** A disk with a journal of two commits of 40 bytes, open. */
async function begun() {
  const disk = memoryDisk();
  const journal = await openJournal(disk, smallSegments);
  await journal.append([commitOf(1), commitOf(2)]);
  return { disk, journal };
}

const forty = Array.from({ length: 100 }, () => 40);

describe("a disk that fails once", () => {
  test.each(["write", "sync"] as const)(
    "at a %s: what was not acknowledged goes to a new segment, whole and once",
    async (operation) => {
      const { disk, journal } = await begun();
      disk.fail({ operation, code: "EIO" });
      expect(await journal.append([commitOf(3), commitOf(4)])).toBe(4n);
      expect(journal.stat()).toMatchObject({ abandoned: 1, segments: 2, readOnly: undefined });
      expect(await journal.verify()).toMatchObject({
        commits: 4n,
        damage: [],
        repaired: 0,
        cut: 0,
      });
      await journal.append([commitOf(5)]);
      disk.cutPower(() => false);
      const again = await openJournal(disk, smallSegments);
      expect(prefixLength(payloadsOf(again), forty)).toBe(5);
    },
  );

  test("and whose failed pages are dropped loses nothing that is acknowledged after a kill", async () => {
    // The kernel shows pages that a failed sync has dropped; the killed agent's successor reads them.
    const { disk, journal } = await begun();
    disk.fail({ operation: "sync", code: "EIO" });
    disk.fail({ operation: "create", code: "ENOSPC", always: true });
    disk.fail({ operation: "rename", code: "EIO", always: true });
    await expect(journal.append([commitOf(3)])).rejects.toMatchObject({ problem: "sync failed" });
    disk.mend();
    await journal.close();
    const second = await openJournal(disk, smallSegments);
    const seen = second.stat().commits;
    expect(seen).toBe(3n);
    await second.append([commitOf(4)]);
    disk.cutPower(() => false);
    expect(prefixLength(payloadsOf(await openJournal(disk, smallSegments)), forty)).toBe(4);
  });

  test("while a segment is sealed goes on without the seal", async () => {
    const disk = memoryDisk();
    const journal = await openJournal(disk, smallSegments);
    for (let i = 1; i <= 7; i++) await journal.append([commitOf(i, 8192)]);
    disk.fail({ operation: "write", code: "EIO" });
    expect(await journal.append([commitOf(8, 8192)])).toBe(8n);
    expect(await journal.verify()).toMatchObject({ commits: 8n, segments: 2, damage: [] });
  });
});

describe("a disk that fails twice", () => {
  const twice: readonly (readonly [string, readonly DiskFault[], string])[] = [
    ["EIO at each sync", [{ operation: "sync", code: "EIO", always: true }], "sync failed"],
    ["a full disk at each write", [{ operation: "write", code: "ENOSPC", always: true }], "full"],
    ["a disk made read-only", [{ operation: "write", code: "EROFS", always: true }], "read-only"],
    [
      "no name for the new segment",
      [
        { operation: "sync", code: "EIO" },
        { operation: "syncNames", code: "EIO" },
      ],
      "sync failed",
    ],
  ];

  test.each(twice)("(%s) makes the journal read-only, and says so", async (_, faults, problem) => {
    const { disk, journal } = await begun();
    for (const fault of faults) disk.fail(fault);
    const error = await journal.append([commitOf(3)]).catch((it) => it);
    expect(error.problem).toBe(problem);
    expect(error.words).toContain("takes no more commits until the agent is started again");
    disk.mend();
    for (const use of [() => journal.append([commitOf(3)]), () => journal.append([])]) {
      expect(await use().catch((it) => it)).toBe(error);
    }
    expect(() => journal.appendLater([commitOf(3)])).toThrow(error.words);
    expect(journal.stat().readOnly).toBe(error.words);
    expect(prefixLength(payloadsOf(journal), forty)).toBe(2);
    await journal.close();
    const again = await openJournal(disk, smallSegments);
    const held = prefixLength(payloadsOf(again), forty);
    expect(held).toBeGreaterThanOrEqual(2);
    expect(await again.append([commitOf(held + 1)])).toBe(BigInt(held + 1));
    expect(await again.verify()).toMatchObject({ damage: [] });
  });
});

describe("a full disk", () => {
  test("refuses before anything is written, and keeps the spare segment to begin anew on", async () => {
    const disk = memoryDisk(2 * 64 * 1024);
    const journal = await openJournal(disk, smallSegments);
    for (let i = 1; i <= 7; i++) await journal.append([commitOf(i, 8192)]);
    const error = await journal.append([commitOf(8, 8192)]).catch((it) => it);
    expect(error.problem).toBe("full");
    expect(error.words).toContain("free some space");
    expect(await journal.append([commitOf(8, 900)])).toBe(8n); // where there is still room
    expect(journal.stat()).toMatchObject({ segments: 1, free: 0n, readOnly: undefined });
    await journal.restate([commitOf(9, 300)]);
    expect(await journal.append([commitOf(10, 8192)])).toBe(10n);
    expect(payloadsOf(journal).length).toBe(2);
    disk.capacity *= 2;
    for (let i = 11; i <= 20; i++) await journal.append([commitOf(i, 8192)]);
    expect(journal.stat()).toMatchObject({ segments: 2, commits: 20n });
  });

  test("does not keep a journal from starting", async () => {
    const { disk, journal } = await begun();
    await journal.close();
    disk.capacity = 0;
    const again = await openJournal(disk, smallSegments);
    expect(await again.append([commitOf(3)])).toBe(3n);
  });

  test("refuses a snapshot, and keeps the one before", async () => {
    const { disk, journal } = await begun();
    await journal.snapshot({ sequence: 1n, payload: commitOf(1) });
    disk.capacity = 0;
    await expect(journal.snapshot({ sequence: 2n, payload: commitOf(2) })).rejects.toMatchObject({
      problem: "full",
    });
    expect(journal.latestSnapshot()?.sequence).toBe(1n);
    expect(disk.list().some((name) => name.startsWith("snapshot") && name.endsWith("new"))).toBe(
      false,
    );
  });
});

test("where repairs cannot be written the journal is read, repaired in memory, and takes no commits", async () => {
  const { disk, journal } = await begun();
  await journal.close();
  disk.damage("segment-00000001", (bytes) => flipBit(bytes, (framesBegin + 20) * 8));
  for (const operation of ["create", "write", "rename", "remove"] as const) {
    disk.fail({ operation, code: "EROFS", always: true });
  }
  const again = await openJournal(disk, smallSegments);
  expect(prefixLength(payloadsOf(again), forty)).toBe(2);
  await expect(again.append([commitOf(3)])).rejects.toMatchObject({ problem: "read-only" });
  await again.close();
  disk.mend();
  const third = await openJournal(disk, smallSegments);
  expect(await third.append([commitOf(3)])).toBe(3n);
});

test("a snapshot of commits that a power cut took is not used", async () => {
  const { disk, journal } = await begun();
  await journal.snapshot({ sequence: 2n, payload: commitOf(2) });
  await journal.close();
  disk.truncate("segment-00000001", framesBegin + 60);
  const again = await openJournal(disk, smallSegments);
  expect(again.stat().commits).toBe(1n);
  expect(again.latestSnapshot()).toBeUndefined();
  await again.append([commitOf(9)]); // another second commit: the snapshot is of another chain
  expect(again.latestSnapshot()).toBeUndefined();
});
