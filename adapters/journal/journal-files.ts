import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "./frame.ts";
import { JournalError } from "./journal-error.ts";
import { recover } from "./recovery.ts";
import { headerIsWhole, readHeader, type SegmentHeader, segmentHash } from "./segment.ts";

/** A segment file as it was found. */
export interface FoundSegment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly bytes: Uint8Array;
  readonly frames: readonly Frame[];
  /** Where its acknowledged frames end. */
  readonly end: number;
  readonly repaired: number;
  /** Bytes of an unacknowledged commit after the last frame. */
  readonly cut: number;
}

/** What is wrong with a journal, and where. */
export interface Damage {
  readonly segment: string;
  readonly offset: number;
  readonly words: string;
}

/** Everything that can be read from a journal directory, with what is wrong. */
export interface Inspection {
  readonly segments: readonly FoundSegment[];
  readonly damage: readonly Damage[];
}

const segmentName = /^segment-(\d{8})$/;

/** The file name of a segment. */
export function segmentPath(directory: string, number: number): string {
  return join(directory, `segment-${String(number).padStart(8, "0")}`);
}

/**
 * Reads a whole journal without changing it: works on a directory in use and on a read-only one.
 * @throws JournalError where the directory is missing or is no journal.
 */
export function inspect(directory: string): Inspection {
  const paths = segmentPaths(directory);
  const segments: FoundSegment[] = [];
  const damage: Damage[] = [];
  const loaded = paths.map((path) => ({ path, bytes: new Uint8Array(readFileSync(path)) }));
  let previous: FoundSegment | undefined;
  for (const [i, { path, bytes }] of loaded.entries()) {
    const header = readHeader(bytes);
    if (header === undefined) {
      if (i === loaded.length - 1 && neverUsed(bytes)) continue; // died while it was being made
      damage.push({ segment: path, offset: 0, words: "both copies of the header are damaged" });
      break;
    }
    const next =
      loaded[i + 1] === undefined ? undefined : readHeader(loaded[i + 1]?.bytes ?? bytes);
    const found = read(path, bytes, header, next);
    const wrong = misfitOf(previous, found);
    if (wrong !== undefined) damage.push({ segment: path, offset: 0, words: wrong });
    if (typeof found.damage === "string") {
      damage.push({ segment: path, offset: found.segment.end, words: found.damage });
    }
    segments.push(found.segment);
    previous = found.segment;
    if (damage.length > 0) break;
  }
  return { segments, damage };
}

function segmentPaths(directory: string): readonly string[] {
  if (!existsSync(directory)) {
    throw new JournalError({
      problem: "missing",
      words: `there is no journal directory ${directory}; check the configuration, or create it`,
    });
  }
  if (!statSync(directory).isDirectory()) {
    throw new JournalError({ problem: "foreign", words: `${directory} is not a directory` });
  }
  const names = readdirSync(directory)
    .filter((name) => segmentName.test(name))
    .sort();
  names.forEach((name, i) => {
    if (Number(segmentName.exec(name)?.[1]) !== i + 1) {
      throw new JournalError({
        problem: "damaged",
        words: `segment ${i + 1} is missing from ${directory}; restore it from a copy`,
      });
    }
  });
  return names.map((name) => join(directory, name));
}

/** A segment whose header never became durable: no frame can be in it. */
function neverUsed(bytes: Uint8Array): boolean {
  return bytes.subarray(512).every((byte) => byte === 0);
}

interface Read {
  readonly segment: FoundSegment;
  readonly damage: string | undefined;
}

function read(
  path: string,
  bytes: Uint8Array,
  header: SegmentHeader,
  next: SegmentHeader | undefined,
): Read {
  const recovery = recover(bytes, header.firstSequence, header.previousCrc);
  const headerFlips = headerIsWhole(bytes) ? 0 : 1;
  const acknowledged =
    next === undefined
      ? recovery.frames
      : recovery.frames.filter((frame) => frame.sequence < next.firstSequence);
  const extra = recovery.frames.slice(acknowledged.length);
  const end = recovery.end - extra.reduce((size, frame) => size + frame.size, 0);
  const segment: FoundSegment = {
    path,
    header,
    bytes,
    frames: acknowledged,
    end,
    repaired: recovery.repaired + headerFlips,
    cut: recovery.verdict === "torn" ? lastByte(bytes) - recovery.end : 0,
  };
  return { segment, damage: damageOf(recovery.verdict, acknowledged, header, next) };
}

function damageOf(
  verdict: "clean" | "torn" | "corrupt",
  frames: readonly Frame[],
  header: SegmentHeader,
  next: SegmentHeader | undefined,
): string | undefined {
  const last = header.firstSequence + frames.length;
  if (next !== undefined) {
    return last < next.firstSequence
      ? `commits ${last} to ${next.firstSequence - 1} cannot be read`
      : undefined;
  }
  return verdict === "corrupt" ? `commit ${last} was durable and cannot be read` : undefined;
}

function lastByte(bytes: Uint8Array): number {
  let at = bytes.length;
  while (at > 0 && bytes[at - 1] === 0) at -= 1;
  return at;
}

function misfitOf(previous: FoundSegment | undefined, found: Read): string | undefined {
  const { header } = found.segment;
  if (previous === undefined) {
    return header.number === 1 && header.firstSequence === 1 ? undefined : "not the first segment";
  }
  const hash = segmentHash(previous.bytes, previous.end);
  const chained = hash.every((byte, i) => byte === header.previousHash[i]);
  if (!chained) return "the hash of the segment before does not fit: the chain is broken";
  const last = previous.frames[previous.frames.length - 1];
  const fits = header.previousCrc === (last?.crc ?? previous.header.previousCrc);
  return fits ? undefined : "does not continue the segment before";
}

/** The payloads of all commits, first to last. @throws JournalError where anything is damaged. */
export function commitsOf(inspection: Inspection): readonly Uint8Array[] {
  const first = inspection.damage[0];
  if (first !== undefined) {
    throw new JournalError({
      problem: "damaged",
      words: `${first.segment} at byte ${first.offset}: ${first.words}. Nothing was changed; restore the segment from a copy, or start from the neighbours' signed copies with an empty directory`,
    });
  }
  return inspection.segments.flatMap((segment) => segment.frames.map((frame) => frame.payload));
}
