import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CommitSource } from "#adapters/index/commit-source.ts";
import {
  recentCommits,
  recentLimit,
  remembering,
  withRecent,
} from "#adapters/index/recent-commits.ts";
import type { Commit, Journal } from "#adapters/journal/journal.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";

const commit = (sequence: bigint): Commit => ({
  sequence,
  payload: Uint8Array.of(Number(sequence)),
});

test("whatever is remembered and forgotten, commits come as the journal has them, whole and in order", () => {
  const step = fc.record({
    appended: fc.integer({ min: 0, max: 5 }),
    restated: fc.integer({ min: 0, max: 3 }),
    forgotten: fc.integer({ min: 0, max: 40 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, from) => {
        const recent = recentCommits();
        const all: Commit[] = [];
        for (const { appended, restated, forgotten } of steps) {
          const more = Array.from({ length: appended }, (_, i) =>
            commit(BigInt(all.length + i + 1)),
          );
          all.push(...more);
          if (appended > 0) {
            recent.add(
              BigInt(all.length),
              more.map(({ payload }) => payload),
            );
          }
          recent.forget(BigInt(forgotten));
          for (let i = 0; i < restated; i++) all.push(commit(BigInt(all.length + 1)));
        }
        const journal: CommitSource = (at) =>
          Stream.fromIterable(all.filter(({ sequence }) => sequence >= at));
        const found = Effect.runSync(Stream.runCollect(withRecent(journal, recent)(BigInt(from))));
        expect(found).toEqual(all.slice(from - 1));
      },
    ),
  );
});

test("what the journal gave up since is still there for who has not counted it", () => {
  const recent = recentCommits();
  recent.add(
    3n,
    [1n, 2n, 3n].map((one) => commit(one).payload),
  );
  recent.add(6n, [commit(6n).payload]); // 4 and 5 restated the journal, which begins there now
  const journal: CommitSource = (at) =>
    Stream.fromIterable([4n, 5n, 6n].filter((one) => one >= at).map(commit));
  const found = Effect.runSync(Stream.runCollect(withRecent(journal, recent)(1n)));
  expect(found.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
});

test("it remembers so many bytes and no more, the newest ones", () => {
  const recent = recentCommits();
  const payload = new Uint8Array(8192);
  for (let i = 1; i <= 100; i++) recent.add(BigInt(i), [payload]);
  const most = recentLimit / payload.length;
  expect(recent.from(BigInt(100 - most + 1))).toHaveLength(most);
  expect(recent.from(BigInt(100 - most))).toEqual([]);
  expect(recent.last()).toBe(100n);
  recent.add(
    400n,
    Array.from({ length: 300 }, () => payload),
  ); // more at once than it remembers
  expect(recent.from(400n)).toHaveLength(1);
  expect(recent.from(401n - BigInt(most))).toHaveLength(most);
});

test("nothing is remembered before it is durable, nor what the journal refused", async () => {
  const recent = recentCommits();
  const seen: bigint[] = [];
  let last = 0n;
  const real = {
    append: (commits: readonly Uint8Array[]) =>
      Effect.suspend(() => {
        seen.push(recent.last());
        if (commits.length > 2) {
          return Effect.fail(new JournalError({ problem: "full", words: "no room" }));
        }
        last += BigInt(commits.length);
        return Effect.succeed(last);
      }),
  };
  const kept = remembering(real as Journal["Service"], recent);
  const payload = Uint8Array.of(1);
  await Effect.runPromise(kept.append([payload]));
  await Effect.runPromise(Effect.flip(kept.append([payload, payload, payload])));
  await Effect.runPromise(kept.append([payload, payload]));
  expect(seen).toEqual([0n, 1n, 1n]);
  expect(recent.from(1n).map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
  recent.end();
  await Effect.runPromise(kept.append([payload]));
  expect(recent.from(1n)).toEqual([]);
});
