import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { payloadLimit } from "./frame.ts";
import { Journal } from "./journal.ts";
import { JournalError } from "./journal-error.ts";

/** A journal in memory that survives its agent, as a disk does: tests and the demo keep it. */
export interface MemoryDisk {
  readonly commits: Uint8Array[];
  /** The next append fails with this, and nothing of it is kept. */
  failNext: JournalError | undefined;
  /** Bytes it holds at most. */
  limit: number;
  syncs: number;
}

/** An empty disk in memory. */
export function memoryDisk(limit = 64 * 1024 * 1024): MemoryDisk {
  return { commits: [], failNext: undefined, limit, syncs: 0 };
}

/** The in-memory journal: same behaviour as the one on disk, for as long as the disk object lives. */
export const memoryJournal = (disk: MemoryDisk): Layer.Layer<Journal> =>
  Layer.sync(Journal, () =>
    Journal.of({
      append: (commits) =>
        Effect.suspend(() => {
          const problem = refusal(disk, commits);
          if (problem !== undefined) return Effect.fail(problem);
          disk.commits.push(...commits.map((commit) => commit.slice()));
          disk.syncs += 1;
          return Effect.succeed(disk.commits.length);
        }),
      read: Effect.sync(() => disk.commits.slice()),
      stat: Effect.sync(() => ({
        segments: 1,
        commits: disk.commits.length,
        bytes: size(disk.commits),
        syncs: disk.syncs,
        repaired: 0,
        cut: 0,
      })),
    }),
  );

function refusal(disk: MemoryDisk, commits: readonly Uint8Array[]): JournalError | undefined {
  const failing = disk.failNext;
  disk.failNext = undefined;
  if (failing !== undefined) return failing;
  const wrong = commits.find((commit) => commit.length === 0 || commit.length > payloadLimit);
  if (wrong !== undefined) {
    const words = `a commit of ${wrong.length} bytes; allowed are 1 to ${payloadLimit}`;
    return new JournalError({ problem: "too large", words });
  }
  if (size(disk.commits) + size(commits) > disk.limit) {
    return new JournalError({
      problem: "full",
      words: `the journal's limit is ${disk.limit} bytes`,
    });
  }
  return undefined;
}

function size(commits: readonly Uint8Array[]): number {
  return commits.reduce((all, commit) => all + commit.length, 0);
}
