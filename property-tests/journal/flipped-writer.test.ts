import { expect, test } from "vitest";
import { memoryDisk } from "#adapters/journal/memory-disk.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { emptyEnd, segmentWriter } from "#adapters/journal/segment-writer.ts";
import { commitOf } from "../contracts/journal-contract.ts";

const limits = {
  limit: 1n << 24n,
  segmentSize: 64 * 1024,
  schema: new Uint8Array(32),
  rolled: () => undefined,
};

async function written(commits: number) {
  const disk = memoryDisk();
  const writer = segmentWriter(disk, emptyEnd(), 0n, limits);
  await writer.begin();
  for (let i = 1; i <= commits; i++) await writer.append([commitOf(i, 3000)]);
  return { disk, writer };
}

/** The commits that a reader finds, or the damage. */
function readBack(disk: ReturnType<typeof memoryDisk>): number | string {
  let count = 0;
  for (const look of scan(disk)) {
    if (look.type === "damage") return look.damage.words;
    if (look.type === "segment") count += look.segment.frames.length;
  }
  return count;
}

type Numbers = Record<string, number>;

test.each([
  ["end", 4],
  ["lastSequence", 1],
  ["lastCrc", 1 << 20],
] as const)(
  "a flip in %s is found before a frame is written that nobody could read",
  async (name, bit) => {
    const { disk, writer } = await written(30);
    const end = writer.end() as unknown as Numbers;
    end[name] = ((end[name] ?? 0) ^ bit) >>> 0;
    await expect(writer.append([commitOf(31)])).rejects.toMatchObject({ problem: "flipped" });
    await expect(writer.append([commitOf(31)])).rejects.toMatchObject({ problem: "flipped" });
    expect(readBack(disk)).toBe(30);
  },
);

test("a flip in the size of a segment, or in what its header says, is found as well", async () => {
  for (const name of ["number", "firstSequence", "size", "previousCrc"]) {
    const { disk, writer } = await written(30);
    const header = writer.end().header as unknown as Numbers;
    header[name] = (header[name] ?? 0) ^ 2;
    await expect(writer.append([commitOf(31)])).rejects.toMatchObject({ problem: "flipped" });
    expect(readBack(disk)).toBe(30);
  }
});

test("a hash that flipped on its way is not sealed: the segment is hashed from the disk", async () => {
  const { disk, writer } = await written(10);
  writer.end().hasher.update(Uint8Array.of(1));
  for (let i = 11; i <= 60; i++) await writer.append([commitOf(i, 3000)]);
  expect(writer.end().header.number).toBeGreaterThan(2);
  expect(readBack(disk)).toBe(60);
});
