import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  renameSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { encodeFrame, frameSize, sequenceLimit } from "./frame.ts";
import { JournalError } from "./journal-error.ts";
import { segmentPath } from "./journal-files.ts";
import { framesBegin, newSegment, segmentHash, segmentSize } from "./segment.ts";

/** Where the journal stands: the segment being written, and the chain so far. */
export interface WriterState {
  readonly number: number;
  /** All bytes of the present segment, as they are on disk. */
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly lastSequence: number;
  readonly lastCrc: number;
}

/** The calls a disk must offer; tests hand in ones that fail. */
export interface Disk {
  readonly write: typeof writeSync;
  readonly sync: typeof fdatasyncSync;
}

/** The machine's own disk. */
export const realDisk: Disk = { write: writeSync, sync: fdatasyncSync };

/** A writer of segments. Every method leaves the journal readable, whatever fails. */
export interface SegmentWriter {
  append(commits: readonly Uint8Array[]): number;
  close(): void;
  readonly syncs: () => number;
  readonly state: () => WriterState;
}

/** At most so many bytes of segments, unless the operator says otherwise. */
export const journalLimit = 256 * 1024 * 1024;

/** Continues a journal where it stands. */
export function segmentWriter(
  directory: string,
  begin: WriterState | undefined,
  disk: Disk = realDisk,
  limit: number = journalLimit,
): SegmentWriter {
  let syncs = 0;
  let state = begin ?? start(directory, limit);
  let file = openSync(segmentPath(directory, state.number), "r+");
  let closed: JournalError | undefined;

  const roll = (): void => {
    const hash = segmentHash(state.bytes, state.end);
    const next = create(directory, state, hash, limit);
    closeSync(file);
    state = next;
    file = openSync(segmentPath(directory, state.number), "r+");
  };

  const attempt = (commits: readonly Uint8Array[]): void => {
    let done = 0;
    while (done < commits.length) {
      let at = state.end;
      let { lastSequence: sequence, lastCrc: crc } = state;
      const parts: Uint8Array[] = [];
      for (; done < commits.length; done++) {
        const payload = commits[done] ?? new Uint8Array();
        if (at + frameSize(payload.length) > state.bytes.length) break;
        sequence += 1;
        const frame = encodeFrame(sequence, crc, payload);
        crc = new DataView(frame.buffer).getUint32(frame.length - 4, true);
        parts.push(frame);
        at += frame.length;
      }
      if (parts.length > 0) {
        const whole = join(parts);
        writeAll(disk, file, whole, state.end);
        disk.sync(file);
        syncs += 1;
        state.bytes.set(whole, state.end);
        state = { ...state, end: at, lastSequence: sequence, lastCrc: crc };
      }
      if (done < commits.length) roll();
    }
  };

  return {
    append(commits) {
      if (closed !== undefined) throw closed;
      if (state.lastSequence + commits.length > sequenceLimit) throw full("commits");
      for (const commit of commits) checkSize(commit);
      const before = state;
      try {
        attempt(commits);
      } catch (error) {
        if (error instanceof JournalError) throw error;
        // Never again on that descriptor: the kernel may have dropped the dirty pages. What was
        // not acknowledged goes to a new segment; where that fails too, nothing is written any more.
        try {
          const acknowledged = state.lastSequence - before.lastSequence;
          roll();
          attempt(commits.slice(acknowledged));
        } catch (again) {
          closed = again instanceof JournalError ? again : failed(directory, again);
          throw closed;
        }
      }
      return state.lastSequence;
    },
    close: () => closeSync(file),
    syncs: () => syncs,
    state: () => state,
  };
}

function checkSize(commit: Uint8Array): void {
  if (commit.length > 0 && commit.length <= 8192) return;
  throw new JournalError({
    problem: "too large",
    words: `a commit of ${commit.length} bytes; allowed are 1 to 8192`,
  });
}

function writeAll(disk: Disk, file: number, bytes: Uint8Array, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += disk.write(file, bytes, done, bytes.length - done, at + done);
  }
}

function start(directory: string, limit: number): WriterState {
  const none = { number: 0, bytes: new Uint8Array(), end: 0, lastSequence: 0, lastCrc: 0 };
  return create(directory, none, new Uint8Array(32), limit);
}

/** Makes the next segment whole and durable under another name first: it exists or it does not. */
function create(
  directory: string,
  before: WriterState,
  hash: Uint8Array,
  limit: number,
): WriterState {
  const number = before.number + 1;
  if (number * segmentSize > limit) throw full(`bytes (${limit})`);
  const bytes = newSegment({
    number,
    firstSequence: before.lastSequence + 1,
    previousCrc: before.lastCrc,
    previousHash: hash,
  });
  const path = segmentPath(directory, number);
  try {
    const file = openSync(`${path}.new`, "w", 0o600);
    try {
      writeAll(realDisk, file, bytes, 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
    syncDirectory(dirname(path));
  } catch (error) {
    throw failed(directory, error);
  }
  return { ...before, number, bytes, end: framesBegin };
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const file = openSync(directory, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function full(what: string): JournalError {
  return new JournalError({
    problem: "full",
    words: `the journal has reached its limit of ${what}; raise the limit, or move old segments off`,
  });
}

function failed(directory: string, error: unknown): JournalError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const free = statfsSync(directory);
    return new JournalError({
      problem: "full",
      words: `no space for the journal in ${directory} (${free.bavail * free.bsize} bytes free)`,
    });
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return new JournalError({
      problem: "read-only",
      words: `cannot write in ${directory} (${code}); check its owner, its mode and the file system`,
    });
  }
  return new JournalError({
    problem: "sync failed",
    words: `writing to ${directory} failed (${code}); nothing unacknowledged is relied on`,
  });
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
