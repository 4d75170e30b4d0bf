import { describe, expect, test } from "vitest";
import { frameSize } from "#adapters/journal/frame.ts";
import type { MemoryDisk } from "#adapters/journal/memory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { framesBegin, sealSize } from "#adapters/journal/segment.ts";
import { commitOf } from "../contracts/journal-contract.ts";
import {
  copyOf,
  keptJournal,
  payloadsOf,
  prefixLength,
  shortSegments,
  smallSegments,
} from "./kept-journal.ts";

const size = 64 * 1024;

/** Cuts the whole journal, as one long file, at a byte of one of its segments. */
async function cutAt(disk: MemoryDisk, segment: number, offset: number): Promise<MemoryDisk> {
  const copy = await copyOf(disk);
  for (const name of copy.list().filter((one) => one.startsWith("segment"))) {
    const number = Number(name.slice(8));
    if (number > segment) copy.truncate(name, undefined);
    if (number === segment) copy.truncate(name, offset);
  }
  return copy;
}

/** Opens what is left, appends to it, opens it once more; returns how many commits had been left. */
async function leftAfter(disk: MemoryDisk, lengths: readonly number[]): Promise<number> {
  const journal = await openJournal(disk, smallSegments);
  const left = prefixLength(payloadsOf(journal), lengths);
  await journal.append([commitOf(left + 1, 50)]);
  await journal.close();
  const again = await openJournal(disk, smallSegments);
  const now = payloadsOf(again);
  expect(prefixLength(now, [...lengths.slice(0, left), 50])).toBe(left + 1);
  expect(again.stat()).toMatchObject({ repaired: 0, cut: 0 });
  await again.close();
  return left;
}

/** Where each commit ends, by segment, when so many of them are in each. */
function endsOf(segments: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return segments.map((lengths) => {
    let at = framesBegin;
    return lengths.map((length) => {
      at += frameSize(length);
      return at;
    });
  });
}

/** The commits that had been acknowledged, all of them, when the journal reached this byte. */
function acknowledged(ends: readonly (readonly number[])[], segment: number, offset: number) {
  const before = ends.slice(0, segment - 1).reduce((all, { length }) => all + length, 0);
  return before + (ends[segment - 1] as readonly number[]).filter((end) => end <= offset).length;
}

describe("a journal cut at", () => {
  test("any byte keeps every commit acknowledged before it, exactly, and goes on", async () => {
    const segments = [
      [40, 1, 7],
      [90, 33],
      [12, 64, 3],
    ];
    const ends = endsOf(segments);
    const { disk, lengths } = await shortSegments(segments);
    expect(disk.list().filter((name) => name.startsWith("segment"))).toHaveLength(5); // and two to come
    for (const [i, segment] of ends.entries()) {
      const used = segment.at(-1) as number;
      for (let offset = 0; offset <= used + 8; offset++) {
        // Inside of the header's padding one byte is as good as another.
        if (offset > 120 && offset < 500 && offset % 13 !== 0) continue;
        if (offset > 640 && offset < 1010 && offset % 13 !== 0) continue;
        const left = await leftAfter(await cutAt(disk, i + 1, offset), lengths);
        // A checksum that ends in zeros is whole before its last byte is there. Without a header to
        // follow, the commit that the segment before could not sync counts where it can be read.
        const least = acknowledged(ends, i + 1, offset);
        const most = acknowledged(ends, i + 1, offset + 3) + (i > 0 && offset < 512 ? 1 : 0);
        if (left < least || left > most) {
          expect.fail(`cut at ${offset} of ${i + 1}: ${left} left, ${least} acknowledged`);
        }
      }
    }
  });

  test("any byte of complete segments and their seals keeps what was acknowledged", async () => {
    const segments = [
      [...Array.from({ length: 7 }, () => 8192), 900],
      [8192, 5, 5],
    ];
    const ends = endsOf(segments);
    const { disk, lengths } = await keptJournal(segments.flat());
    const around = (at: number) => Array.from({ length: 9 }, (_, i) => at - 4 + i);
    for (const [i, segment] of ends.entries()) {
      const seal = Array.from({ length: sealSize + 1 }, (_, k) => size - sealSize + k);
      const strided = Array.from({ length: 110 }, (_, k) => k * 593).filter((at) => at <= size);
      for (const offset of new Set([...segment.flatMap(around), ...seal, ...strided])) {
        const left = await leftAfter(await cutAt(disk, i + 1, offset), lengths);
        expect(left).toBeGreaterThanOrEqual(acknowledged(ends, i + 1, offset));
        expect(left).toBeLessThanOrEqual(acknowledged(ends, i + 1, offset + 3));
      }
    }
  });
});

test("a start says how much of an unacknowledged commit it cut off", async () => {
  const { disk } = await keptJournal([100, 100]);
  disk.truncate("segment-00000001", framesBegin + frameSize(100) + 60);
  const journal = await openJournal(disk, smallSegments);
  expect(journal.stat()).toMatchObject({ commits: 1n, repaired: 0 });
  expect(journal.stat().cut).toBeGreaterThan(50);
});

test("a segment missing from the middle is damage, not an end", async () => {
  const { disk } = await shortSegments([[40], [41], [42]]);
  disk.truncate("segment-00000002", undefined);
  await expect(openJournal(disk, smallSegments)).rejects.toMatchObject({ problem: "damaged" });
});

test("a segment that was cut though others follow is damage, and nothing is changed", async () => {
  const { disk } = await shortSegments([[40, 40], [41], [42]]);
  for (const length of [framesBegin + frameSize(40) + 5, 700, 100, 0]) {
    const copy = await copyOf(disk);
    copy.truncate("segment-00000001", length);
    await expect(openJournal(copy, smallSegments)).rejects.toMatchObject({ problem: "damaged" });
    expect(copy.read("segment-00000001", size)).toHaveLength(length);
  }
});
