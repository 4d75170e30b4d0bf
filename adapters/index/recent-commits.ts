import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import type { Commit, Journal } from "#adapters/journal/journal.ts";
import type { CommitSource } from "./commit-source.ts";

/** Bytes of payloads that are remembered, at most. Older commits are read from the journal. */
export const recentLimit = 262_144;

/**
 * The newest durable commits, for whoever counts them behind the journal: he need not read the disk,
 * and what the journal gives up meanwhile is not lost to him.
 */
export interface RecentCommits {
  /** Commits that became durable together; `last` is the sequence of the last one. */
  readonly add: (last: bigint, payloads: readonly Uint8Array[]) => void;
  /**
   * What is remembered from `from` on without a gap, in order; nothing where `from` is not. Where the
   * journal began anew there is a gap: nobody appended what it wrote then.
   */
  readonly from: (from: bigint) => readonly Commit[];
  /** Everything before this commit was counted. */
  readonly forget: (before: bigint) => void;
  /** The last commit that was remembered, ever; 0 for none. */
  readonly last: () => bigint;
  /** Nobody counts any more: everything is forgotten, and nothing remembered. */
  readonly end: () => void;
}

/** Remembers nothing yet. */
export function recentCommits(): RecentCommits {
  let commits: Commit[] = [];
  let bytes = 0;
  let last = 0n;
  let ended = false;
  const keep = (from: number): void => {
    for (const { payload } of commits.slice(0, from)) bytes -= payload.length;
    commits = commits.slice(from);
  };
  return {
    add: (sequence, payloads) => {
      if (ended) return;
      const first = sequence - BigInt(payloads.length) + 1n;
      for (const [i, payload] of payloads.entries()) {
        commits.push({ sequence: first + BigInt(i), payload });
        bytes += payload.length;
      }
      last = sequence;
      let surplus = bytes - recentLimit;
      let gone = 0;
      while (surplus > 0) {
        surplus -= commits[gone]?.payload.length ?? surplus;
        gone += 1;
      }
      if (gone > 0) keep(gone);
    },
    from: (from) => {
      const begin = commits.findIndex(({ sequence }) => sequence === from);
      if (begin < 0) return [];
      const run = commits.slice(begin);
      const gap = run.findIndex(({ sequence }, i) => sequence !== from + BigInt(i));
      return gap < 0 ? run : run.slice(0, gap);
    },
    forget: (before) => {
      const at = commits.findIndex(({ sequence }) => sequence >= before);
      keep(at < 0 ? commits.length : at);
    },
    last: () => last,
    end: () => {
      ended = true;
      keep(commits.length);
    },
  };
}

/** The same journal; what it acknowledges is remembered, once it is durable and never before. */
export function remembering(
  journal: Journal["Service"],
  recent: RecentCommits,
): Journal["Service"] {
  return {
    ...journal,
    append: (payloads) =>
      Effect.tap(journal.append(payloads), (last) => Effect.sync(() => recent.add(last, payloads))),
  };
}

/** Commits from memory as far as they are there, and after them those of the journal. */
export function withRecent(journal: CommitSource, recent: RecentCommits): CommitSource {
  return (from) =>
    Stream.suspend(() => {
      const known = recent.from(from);
      const next = known.at(-1)?.sequence ?? from - 1n;
      const rest = Stream.suspend(() => journal(next + 1n));
      return Stream.concat(Stream.fromIterable(known), rest);
    });
}
