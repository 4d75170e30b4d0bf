import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameSize } from "#adapters/journal/frame.ts";
import type { MemoryDisk } from "#adapters/journal/memory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { framesBegin, sealSize } from "#adapters/journal/segment.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { flipBit } from "./journal-place.ts";
import { copyOf, keptJournal, payloadsOf, prefixLength, smallSegments } from "./kept-journal.ts";

const size = 64 * 1024;

/** Reads a journal with some bits flipped, as a start would, and flips them back. */
function lookAt(
  disk: MemoryDisk,
  name: string,
  bits: readonly number[],
  lengths: readonly number[],
) {
  const flip = () =>
    disk.damage(name, (bytes) => {
      for (const bit of bits) flipBit(bytes, bit);
    });
  flip();
  const seen = { repaired: 0, cut: 0, damage: "", commits: 0 };
  const payloads: Uint8Array[] = [];
  for (const look of scan(disk)) {
    if (look.type === "unused") continue;
    if (look.type === "damage") seen.damage = look.damage.words;
    seen.repaired += look.segment?.repaired ?? 0;
    seen.cut += look.segment?.cut ?? 0;
    payloads.push(...(look.segment?.frames ?? []).map(({ payload }) => payload));
  }
  flip();
  return { ...seen, commits: prefixLength(payloads, lengths) };
}

/** Every bit of the used bytes of a segment, and one of every 64 of its zeros. */
function* bitsOf(used: number): Generator<number> {
  for (let bit = 0; bit < used * 8; bit++) yield bit;
  for (let bit = used * 8; bit < (size - sealSize) * 8; bit += 64 * 8 + 1) yield bit;
  for (let bit = (size - sealSize) * 8; bit < size * 8; bit++) yield bit;
}

describe("a single flipped bit", () => {
  test("anywhere in the segment being written is put right, and nothing is lost", async () => {
    const lengths = [1, 40, 33, 200];
    const { disk } = await keptJournal(lengths);
    const used = framesBegin + lengths.reduce((all, length) => all + frameSize(length), 0);
    for (const bit of bitsOf(used)) {
      const { commits, repaired, cut, damage } = lookAt(disk, "segment-00000001", [bit], lengths);
      if (commits === 4 && repaired === 1 && cut === 0 && damage === "") continue;
      expect.fail(`bit ${bit}: ${commits} commits, ${repaired} repaired, ${cut} cut, ${damage}`);
    }
  });

  test("anywhere in a complete segment is put right, and the chain holds", async () => {
    const lengths = [...Array.from({ length: 7 }, () => 8192), 6000, 1000, 90];
    const { disk } = await keptJournal(lengths);
    expect(disk.list()).toContain("segment-00000002");
    const header = framesBegin * 8;
    for (const bit of bitsOf(framesBegin)) {
      if (bit < header && bit % 8 !== (bit >> 3) % 8) continue; // one bit of every header byte
      if (bit >= header && bit < (size - sealSize) * 8 && bit % 4 !== 0) continue;
      const { commits, repaired, damage } = lookAt(disk, "segment-00000001", [bit], lengths);
      if (commits === lengths.length && repaired === 1 && damage === "") continue;
      expect.fail(`bit ${bit}: ${commits} commits, ${repaired} repaired, ${damage}`);
    }
  });

  test("is put right on the disk by a start, which keeps the damaged segment beside", async () => {
    const lengths = [1, 40, 33, 200];
    for (const bit of [3, (framesBegin + 25) * 8, 40_000 * 8]) {
      const { disk } = await keptJournal(lengths);
      disk.damage("segment-00000001", (bytes) => flipBit(bytes, bit));
      const damaged = disk.read("segment-00000001", size);
      const journal = await openJournal(disk, smallSegments);
      expect(journal.stat()).toMatchObject({ repaired: 1, cut: 0, commits: 4n });
      expect(await journal.verify()).toMatchObject({ repaired: 0, damage: [] });
      await journal.append([new Uint8Array([9])]);
      await journal.close();
      expect(disk.read("segment-00000001.damaged", size)).toEqual(damaged);
      const again = await openJournal(disk, smallSegments);
      expect(again.stat()).toMatchObject({ repaired: 0, commits: 5n });
    }
  });
});

describe("two flipped bits", () => {
  const lengths = [40, 40, 41, 42, 300, 17];
  const ends = lengths.map(
    (_, i) => framesBegin + lengths.slice(0, i + 1).reduce((all, one) => all + frameSize(one), 0),
  );
  const used = ends.at(-1) as number;
  const frameOf = (bit: number) => ends.findIndex((end) => bit < end * 8);

  test("are never silent: repaired in two frames, reported in one, cut only from the last", async () => {
    const { disk } = await keptJournal(lengths);
    const bit = fc.integer({ min: framesBegin * 8, max: used * 8 - 1 });
    fc.assert(
      fc.property(bit, bit, (a, b) => {
        fc.pre(a !== b);
        const seen = lookAt(disk, "segment-00000001", [a, b], lengths);
        if (frameOf(a) !== frameOf(b)) {
          expect(seen).toMatchObject({ commits: 6, repaired: 2, damage: "" });
        } else if (frameOf(a) === 5) {
          expect(seen).toMatchObject({ commits: 5, damage: "" });
          expect(seen.cut).toBeGreaterThan(0);
        } else {
          expect(seen.damage).toContain(`commit ${frameOf(a) + 1} was durable`);
          expect(seen.commits).toBe(frameOf(a));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("stop a start with the place and what to do, and change nothing", async () => {
    const { disk } = await keptJournal(lengths);
    disk.damage("segment-00000001", (bytes) =>
      bytes.fill(0xff, (ends[0] as number) + 2, (ends[0] as number) + 9),
    );
    const before = await copyOf(disk);
    const error = await openJournal(disk, smallSegments).catch((it) => it);
    expect(error).toMatchObject({
      problem: "damaged",
      segment: "memory/segment-00000001",
      offset: ends[0],
    });
    expect(error.words).toContain("restore the segment from a copy");
    for (const name of before.list())
      expect(disk.read(name, size)).toEqual(before.read(name, size));
    const again = await openJournal(disk, smallSegments).catch((it) => it);
    expect(again.problem).toBe("damaged"); // and the lock was given back
  });

  test("in a complete segment are reported, though nothing follows in it", async () => {
    const many = [...Array.from({ length: 7 }, () => 8192), 5000, 2000];
    const { disk } = await keptJournal(many);
    const last = framesBegin + 7 * frameSize(8192) + 5000;
    const seen = lookAt(disk, "segment-00000001", [last * 8, last * 8 + 9], many);
    expect(seen).toMatchObject({
      commits: 7,
      damage: "commits 8 to 8 were durable and cannot be read",
    });
  });

  test("in both copies of a header are reported", async () => {
    const { disk } = await keptJournal([40]);
    const seen = lookAt(disk, "segment-00000001", [5 * 8, 517 * 8], [40]);
    expect(seen).toMatchObject({ commits: 0, damage: "both copies of its header are damaged" });
  });
});

test("a segment of another format, of another journal or out of order is reported, not read", async () => {
  const long = [...Array.from({ length: 7 }, () => 8192), 6000, 1000];
  const { disk } = await keptJournal(long);
  const wordsOf = async (change: (copy: MemoryDisk) => Promise<void>) => {
    const copy = await copyOf(disk);
    await change(copy);
    return (await openJournal(copy, smallSegments).catch((it) => it)).words as string;
  };
  const other = await keptJournal(long.map((length) => length - 1));
  expect(
    await wordsOf((copy) =>
      copy.create("segment-00000002", other.disk.read("segment-00000002", size)),
    ),
  ).toContain("does not continue the segment before");
  expect(await wordsOf((copy) => copy.rename("segment-00000001", "segment-00000003"))).toContain(
    "segment 1 is missing",
  );
  expect(
    await wordsOf((copy) => copy.create("segment-00000002", disk.read("segment-00000001", size))),
  ).toContain("its header says segment 1");
});

test("a repaired journal goes on, and what it holds is what was appended", async () => {
  const { disk, lengths } = await keptJournal([100, 200, 300]);
  disk.damage("segment-00000001", (bytes) => flipBit(bytes, (framesBegin + 1) * 8));
  const journal = await openJournal(disk, smallSegments);
  expect(prefixLength(payloadsOf(journal), lengths)).toBe(3);
});
