import { setImmediate } from "node:timers/promises";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { scan } from "#adapters/journal/segment-scan.ts";
import { flipBit } from "../journal/journal-place.ts";
import { keptJournal, payloadsOf, prefixLength, smallSegments } from "../journal/kept-journal.ts";

/** What came of flipping every bit of a journal, one after the other (G2). */
export interface BitTally {
  readonly bits: number;
  /** Put right in reading. */
  readonly repaired: number;
  /** Of a snapshot: found, and the other one or the journal itself counts. */
  readonly rebuilt: number;
  /** Commits were refused, missing or another: never. */
  readonly lost: number;
  /** Nobody noticed, and something is different: never. */
  readonly silent: number;
}

/** A complete segment, one that is being written, and both snapshots. */
const lengths = [...Array.from({ length: 7 }, () => 8192), 6000, 1000, 90, 33, 40, 200];

/**
 * Flips every `stride`th bit of every file, looks, and flips it back.
 * @param progress hears how many bits are done, of how many.
 */
export async function flipBits(
  stride: number,
  progress: (done: number, all: number) => void,
): Promise<BitTally> {
  const { disk } = await keptJournal(lengths);
  const journal = await openJournal(disk, smallSegments);
  for (const sequence of [5n, 9n]) {
    await journal.snapshot({ sequence, payload: new Uint8Array(500).fill(Number(sequence)) });
  }
  await journal.close();
  const names = disk.list().filter((name) => /^(?:segment-\d+|snapshot-\d)$/.test(name));
  const sizes = names.map((name) => disk.read(name, Number.MAX_SAFE_INTEGER).length * 8);
  const all = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / stride);
  const tally = { bits: 0, repaired: 0, rebuilt: 0, lost: 0, silent: 0 };
  for (const [i, name] of names.entries()) {
    for (let bit = 0; bit < (sizes[i] ?? 0); bit += stride) {
      const flip = () => disk.damage(name, (bytes) => flipBit(bytes, bit));
      flip();
      const verdict = name.startsWith("snapshot")
        ? await snapshotVerdict(disk)
        : segmentVerdict(disk);
      tally[verdict] += 1;
      tally.bits += 1;
      flip();
      if (tally.bits % 1000 === 0) {
        progress(tally.bits, all);
        await setImmediate(); // whoever ends this is heard
      }
    }
  }
  return tally;
}

type Disk = Awaited<ReturnType<typeof keptJournal>>["disk"];

function segmentVerdict(disk: Disk): "repaired" | "lost" | "silent" {
  let repaired = 0;
  const payloads: Uint8Array[] = [];
  for (const look of scan(disk)) {
    if (look.type === "damage") return "lost";
    if (look.type === "unused") continue;
    repaired += look.segment.repaired;
    payloads.push(...look.segment.frames.map(({ payload }) => payload));
  }
  if (payloads.length !== lengths.length) return "lost";
  if (prefixLength(payloads, lengths) !== lengths.length) return "silent";
  return repaired === 1 ? "repaired" : "silent";
}

/** A snapshot is a cache: whichever is whole counts, and it says what it said. */
async function snapshotVerdict(disk: Disk): Promise<"rebuilt" | "lost" | "silent"> {
  const journal = await openJournal(disk, smallSegments);
  try {
    const found = journal.latestSnapshot();
    if (payloadsOf(journal).length !== lengths.length) return "lost";
    if (found === undefined) return "rebuilt";
    const right =
      (found.sequence === 5n || found.sequence === 9n) &&
      found.payload.length === 500 &&
      found.payload.every((byte) => byte === Number(found.sequence));
    return right ? "rebuilt" : "silent";
  } finally {
    await journal.close();
  }
}
