import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { takeLock } from "./directory-lock.ts";
import { Journal } from "./journal.ts";
import { JournalError } from "./journal-error.ts";
import { commitsOf, type FoundSegment, type Inspection, inspect } from "./journal-files.ts";
import { newSegment, segmentSize } from "./segment.ts";
import {
  type Disk,
  journalLimit,
  realDisk,
  segmentWriter,
  syncDirectory,
  type WriterState,
} from "./segment-writer.ts";

/** Where a journal lives, and its limits. */
export interface FileJournalOptions {
  readonly directory: string;
  /** Bytes of segments, at most. */
  readonly limit?: number;
  /** For tests: a disk that fails. */
  readonly disk?: Disk;
}

/**
 * The journal in a directory of its own (0700), one writer at a time. Opening cuts a torn tail,
 * puts single flipped bits right (the damaged segment is kept beside) and refuses anything worse.
 */
export const fileJournal = (options: FileJournalOptions): Layer.Layer<Journal, JournalError> =>
  Layer.effect(
    Journal,
    Effect.gen(function* () {
      const opened = yield* Effect.acquireRelease(
        Effect.try({ try: () => open(options), catch: asJournalError }),
        (journal) => Effect.sync(journal.close),
      );
      return Journal.of({
        append: (commits) =>
          Effect.try({ try: () => opened.writer.append(commits), catch: asJournalError }),
        read: Effect.try({
          try: () => commitsOf(inspect(options.directory)),
          catch: asJournalError,
        }),
        stat: Effect.sync(() => statOf(opened)),
      });
    }),
  );

function asJournalError(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  return new JournalError({ problem: "damaged", words: `the journal failed: ${String(error)}` });
}

interface Opened {
  readonly inspection: Inspection;
  readonly writer: ReturnType<typeof segmentWriter>;
  readonly close: () => void;
  readonly bytesBefore: number;
}

function open(options: FileJournalOptions): Opened {
  const { directory } = options;
  prepare(directory);
  const unlock = takeLock(directory);
  try {
    clearUnfinished(directory);
    const inspection = inspect(directory);
    commitsOf(inspection);
    for (const segment of inspection.segments) heal(directory, segment);
    const state = writerState(inspection);
    const writer = segmentWriter(
      directory,
      state,
      options.disk ?? realDisk,
      options.limit ?? journalLimit,
    );
    const close = (): void => {
      writer.close();
      unlock();
    };
    const bytesBefore = sealedBytes(inspection);
    return { inspection, writer, close, bytesBefore };
  } catch (error) {
    unlock();
    throw error;
  }
}

function prepare(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    chmodSync(directory, 0o700);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new JournalError({
      problem: code === "ENOTDIR" || code === "EEXIST" ? "foreign" : "read-only",
      words: `the journal directory ${directory} cannot be used (${code}); check owner and mode`,
    });
  }
}

/** Segments that were being made when the machine stopped: nothing was ever in them. */
function clearUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (/^segment-\d{8}\.new$/.test(name)) unlinkSync(join(directory, name));
  }
}

/** Writes a repaired or cut segment anew, whole, and keeps what was found beside it. */
function heal(directory: string, segment: FoundSegment): void {
  if (segment.repaired === 0 && segment.cut === 0) return;
  const fresh = newSegment(segment.header, Math.max(segment.bytes.length, segmentSize));
  fresh.set(segment.bytes.subarray(512, segment.end), 512);
  writeFileSync(`${segment.path}.new`, fresh, { mode: 0o600, flush: true });
  if (segment.repaired > 0) renameSync(segment.path, `${segment.path}.damaged`);
  renameSync(`${segment.path}.new`, segment.path);
  syncDirectory(directory);
  segment.bytes.set(fresh.subarray(0, segment.bytes.length));
}

function writerState(inspection: Inspection): WriterState | undefined {
  const last = inspection.segments[inspection.segments.length - 1];
  if (last === undefined) return undefined;
  const frame = last.frames[last.frames.length - 1];
  return {
    number: last.header.number,
    bytes: grown(last.bytes),
    end: last.end,
    lastSequence: frame?.sequence ?? last.header.firstSequence - 1,
    lastCrc: frame?.crc ?? last.header.previousCrc,
  };
}

/** A segment that was cut short on disk counts as long as it should be. */
function grown(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= segmentSize) return bytes;
  const whole = new Uint8Array(segmentSize);
  whole.set(bytes);
  return whole;
}

function sealedBytes(inspection: Inspection): number {
  return inspection.segments.slice(0, -1).reduce((all, segment) => all + segment.end, 0);
}

function statOf(opened: Opened) {
  const state = opened.writer.state();
  const { segments } = opened.inspection;
  const found = segments[segments.length - 1]?.header.number ?? 0;
  return {
    segments: state.number,
    commits: state.lastSequence,
    bytes: opened.bytesBefore + (state.number - Math.max(found, 1)) * segmentSize + state.end,
    syncs: opened.writer.syncs(),
    repaired: segments.reduce((all, segment) => all + segment.repaired, 0),
    cut: segments.reduce((all, segment) => all + segment.cut, 0),
  };
}
