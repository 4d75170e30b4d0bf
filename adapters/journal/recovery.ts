import { type Frame, readFrame, repairFrame, smallestFrame } from "./frame.ts";
import { framesBegin, framesLimit, type SegmentHeader } from "./segment.ts";
import { firstUsed } from "./zeros.ts";

/** What a segment's bytes turned out to hold. */
export interface Recovery {
  readonly frames: readonly Frame[];
  /** Where the last good frame ends. */
  readonly end: number;
  /** Single flipped bits that were put right, in place in the bytes given. */
  readonly repaired: number;
  /**
   * `clean`: zeros follow. `torn`: the remains of a commit that was never acknowledged follow and may
   * be cut off. `corrupt`: a frame that had been durable cannot be read; it is never skipped.
   */
  readonly verdict: "clean" | "torn" | "corrupt";
}

/** What a disk writes whole or not at all, in bytes. */
const sector = 512;

/**
 * Reads the frames of one segment. A bad frame that is followed by a good one of a later sync had
 * been durable: that is corruption. Otherwise nobody was ever told that it was written: a torn tail.
 * Zeros mean the end, and a single flipped bit among them is no frame.
 *
 * `durableBefore` is the first sequence that this segment is not known to hold, by its seal or by
 * the segment after it: frames up to there are read whatever they look like, those after not at all.
 */
export function recover(
  bytes: Uint8Array,
  header: SegmentHeader,
  durableBefore?: number,
): Recovery {
  const limit = framesLimit(header.size);
  const frames: Frame[] = [];
  let at = framesBegin;
  let crc = header.previousCrc;
  let sequence = header.firstSequence;
  let repaired = 0;
  for (;;) {
    const finish = (verdict: Recovery["verdict"]) => ({ frames, end: at, repaired, verdict });
    const known = durableBefore !== undefined;
    if (known && sequence >= durableBefore) return finish("clean");
    if (at + smallestFrame > limit) return finish(known ? "corrupt" : "clean");
    const fits = (one: Frame) => one.sequence === sequence && one.previousCrc === crc;
    let frame = readFrame(bytes, at, limit);
    if (frame === undefined) {
      const flips = bitsOfZeros(bytes, at, limit);
      if (flips !== undefined) {
        repaired += flips.length;
        for (const flip of flips) bytes[flip] = 0;
        return finish(known ? "corrupt" : "clean");
      }
      const found = badFrame(bytes, at, limit, { sequence, fits, known });
      if (typeof found === "string") return finish(found);
      frame = found;
      repaired += 1;
    }
    if (!fits(frame)) return finish("corrupt");
    frames.push(frame);
    at += frame.size;
    crc = frame.crc;
    sequence += 1;
  }
}

/** What is wanted at a place where no frame is as it should be. */
interface Wanted {
  readonly sequence: number;
  readonly fits: (frame: Frame) => boolean;
  /** It is known to have been durable. */
  readonly known: boolean;
}

/** The frame at `at` with one bit put right; or what its ruin means. */
function badFrame(
  bytes: Uint8Array,
  at: number,
  limit: number,
  { sequence, fits, known }: Wanted,
): Frame | "torn" | "corrupt" {
  const repaired = repairIfNext(bytes, at, limit, fits);
  const later = frameAfter(bytes, repaired === undefined ? at + 4 : at + repaired.size, limit, {
    sequence,
    from: at,
  });
  const synced = known || (later !== undefined && later.sequence - later.place > sequence);
  if (repaired !== undefined) {
    // Half of a torn frame looks like a flipped bit once in 65 000 times, if it is long.
    if (synced || !lostSector(bytes, at, at + repaired.size)) return repaired;
    return "torn";
  }
  if (synced) return "corrupt";
  return later === undefined || lostSector(bytes, at, later.at) ? "torn" : "corrupt";
}

function repairIfNext(
  bytes: Uint8Array,
  at: number,
  limit: number,
  fits: (frame: Frame) => boolean,
): Frame | undefined {
  const trial = bytes.slice(at, limit);
  const frame = repairFrame(trial, 0, trial.length);
  if (frame === undefined || !fits(frame)) return undefined;
  bytes.set(trial.subarray(0, frame.size), at);
  return frame;
}

/** Where flipped bits are, if from here on there are only zeros and at most one of them. */
function bitsOfZeros(bytes: Uint8Array, from: number, to: number): readonly number[] | undefined {
  const first = firstUsed(bytes, from, to);
  if (first === to) return [];
  const byte = bytes[first] as number;
  if ((byte & (byte - 1)) !== 0 || firstUsed(bytes, first + 1, to) < to) return undefined;
  return [first];
}

/**
 * The first good frame at or after `at` that can be a later one: between it and the bad one at
 * `from` there must be room for those that are missing.
 */
function frameAfter(
  bytes: Uint8Array,
  at: number,
  limit: number,
  bad: { readonly sequence: number; readonly from: number },
): (Frame & { readonly at: number }) | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = at; i + smallestFrame <= limit; i += 4) {
    const missing = view.getUint32(i + 4, true) - bad.sequence;
    if (missing < 1 || missing > (i - bad.from) / smallestFrame) continue;
    const frame = readFrame(bytes, i, limit);
    if (frame !== undefined) return { ...frame, at: i };
  }
  return undefined;
}

/** Whether a sector's whole share of from..to is zeros: it never reached the disk. */
function lostSector(bytes: Uint8Array, from: number, to: number): boolean {
  for (let begin = from; begin < to; ) {
    const end = Math.min(to, (Math.floor(begin / sector) + 1) * sector);
    if (firstUsed(bytes, begin, end) === end) return true;
    begin = end;
  }
  return false;
}
