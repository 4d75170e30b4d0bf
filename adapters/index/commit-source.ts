import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import * as Stream from "effect/Stream";
import { directoryView } from "#adapters/journal/directory-disk.ts";
import type { Commit } from "#adapters/journal/journal.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { scan } from "#adapters/journal/segment-scan.ts";

/** Where commits come from: those from `from` on, in order, as far back as they are still there. */
export type CommitSource = (from: bigint) => Stream.Stream<Commit, JournalError>;

/**
 * A journal with the archive of what it gave up: commits that the journal has no more come from
 * there, as far as the archive is whole. @param told what is wrong with the archive.
 */
export function withArchive(
  journal: CommitSource,
  archive: string | undefined,
  told: (words: string) => void = () => undefined,
): CommitSource {
  if (archive === undefined) return journal;
  return (from) =>
    Stream.unwrap(
      Effect.map(Stream.runHead(journal(from)), (head) => {
        const to = Option.match(head, { onNone: () => from, onSome: (one) => one.sequence });
        if (to <= from) return journal(from);
        return Stream.concat(Stream.fromIterable(archived(archive, from, to, told)), journal(from));
      }),
    );
}

/** The commits of a journal directory, also while an agent runs. @throws JournalError in the stream. */
export function directoryCommits(directory: string): CommitSource {
  return (from) =>
    Stream.suspend(() => {
      let failure: unknown;
      const commits = function* () {
        try {
          for (const one of readCommits(directory)) if (one.sequence >= from) yield one;
        } catch (error) {
          failure = error;
        }
      };
      const end = Stream.suspend(() =>
        failure === undefined ? Stream.empty : Stream.fail(failure as JournalError),
      );
      return Stream.concat(Stream.fromIterable(commits()), end);
    });
}

/** Commits of an archive; where some are missing it says which, and why if that is known. */
function* archived(
  directory: string,
  from: bigint,
  to: bigint,
  told: (words: string) => void,
): Generator<Commit, void> {
  let next = from;
  let why = "";
  try {
    for (const look of scan(directoryView(directory), "oldest")) {
      if (look.type === "damage") why = `: ${look.damage.segment}: ${look.damage.words}`;
      if (look.type !== "segment") break;
      for (const { sequence, payload } of look.segment.frames) {
        const at = BigInt(sequence);
        if (at >= to) return;
        if (at < next) continue;
        yield { sequence: at, payload };
        next = at + 1n;
      }
    }
  } catch (error) {
    why = `: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (next >= to) return;
  told(`commits ${next} to ${to - 1n} are neither in the journal nor in ${directory}${why}`);
}
