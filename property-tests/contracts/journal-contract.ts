import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import * as Stream from "effect/Stream";
import { describe, expect, test } from "vitest";
import { Journal } from "#adapters/journal/journal.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import type { JournalOptions } from "#adapters/journal/open-journal.ts";

/** A place that keeps a journal between openings. */
export interface JournalPlace {
  readonly open: (options?: JournalOptions) => Layer.Layer<Journal, JournalError>;
  /** Flips a bit of a file, as a failing disk does. */
  readonly flip: (name: string, bit: number) => void;
  /** The files there are. */
  readonly names: () => readonly string[];
}

/** Opens the journal of a place, uses it and closes it again. */
export const inside = <A, E>(
  at: JournalPlace,
  use: (journal: Journal["Service"]) => Effect.Effect<A, E>,
  options?: JournalOptions,
): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* use(yield* Journal);
    }).pipe(Effect.provide(at.open(options)), Effect.scoped),
  );

/** A commit that says its number, `length` bytes long. */
export function commitOf(number: number, length = 40): Uint8Array {
  return Uint8Array.from({ length }, (_, i) =>
    i < 4 ? number >>> (8 * i) : (number * 31 + i * 7) & 0xff,
  );
}

const commitsOf = (from: number, to: number, length = 40): readonly Uint8Array[] =>
  Array.from({ length: to - from + 1 }, (_, i) => commitOf(from + i, length));

const plain = (commits: readonly Uint8Array[]) => commits.map((one) => Array.from(one));

const small: JournalOptions = { segmentSize: 64 * 1024, limit: 3 * 64 * 1024 };

/** What every implementation of the journal port does. */
export function journalContract(name: string, place: () => JournalPlace): void {
  describe(`journal contract: ${name}`, () => {
    commitsAreKept(place);
    commitsAreGrouped(place);
    limitsHold(place);
    snapshotsAreACache(place);
  });
}

function commitsAreKept(place: () => JournalPlace): void {
  test("an empty journal has no commits, no snapshot and no damage", async () => {
    const found = await inside(place(), (journal) =>
      Effect.all([journal.read, journal.latestSnapshot, journal.verify, journal.stat]),
    );
    expect(found[0]).toEqual([]);
    expect(found[1]).toBeUndefined();
    expect(found[2]).toMatchObject({ commits: 0n, damage: [], repaired: 0, cut: 0 });
    expect(found[3]).toMatchObject({ commits: 0n, readOnly: undefined });
  });

  test("what was appended is read again, in order, after a restart", async () => {
    const at = place();
    const all = Array.from({ length: 300 }, (_, i) => commitOf(i + 1, 1 + ((i * 37) % 2000)));
    expect(await inside(at, (journal) => journal.append(all.slice(0, 100)))).toBe(100n);
    await inside(at, (journal) =>
      Effect.forEach(all.slice(100), (commit) => journal.append([commit])),
    );
    const [read, stat, report] = await inside(at, (journal) =>
      Effect.all([journal.read, journal.stat, journal.verify]),
    );
    expect(plain(read)).toEqual(plain(all));
    expect(stat.commits).toBe(300n);
    expect(stat.segments).toBeGreaterThan(1);
    expect(report).toMatchObject({ commits: 300n, segments: stat.segments, damage: [] });
  });

  test("commits are read from any of them on, with their sequence", async () => {
    const at = place();
    const all = commitsOf(1, 200, 1000);
    const reading = (from?: bigint) =>
      inside(at, (journal) => Stream.runCollect(journal.commits(from)));
    await inside(at, (journal) => journal.append(all));
    for (const from of [1n, 2n, 64n, 65n, 66n, 128n, 200n]) {
      const read = await reading(from);
      expect(read.map(({ sequence }) => sequence)).toEqual(
        all.slice(Number(from) - 1).map((_, i) => from + BigInt(i)),
      );
      expect(plain(read.map(({ payload }) => payload))).toEqual(plain(all.slice(Number(from) - 1)));
    }
    expect(await reading(201n)).toEqual([]);
    expect(await reading()).toHaveLength(200);
    expect(await reading(-5n)).toHaveLength(200);
  });
}

function commitsAreGrouped(place: () => JournalPlace): void {
  test("appends of the same moment share a sync, and each learns its own sequence", async () => {
    const at = place();
    const { sequences, before, after } = await inside(at, (journal) =>
      Effect.gen(function* () {
        const before = yield* journal.stat;
        const sequences = yield* Effect.forEach(
          commitsOf(1, 50),
          (commit) => journal.append([commit]),
          { concurrency: "unbounded" },
        );
        return { sequences, before, after: yield* journal.stat };
      }),
    );
    expect(sequences).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(i + 1)));
    expect(after.syncs - before.syncs).toBeLessThan(5);
    expect(plain(await inside(at, (journal) => journal.read))).toEqual(plain(commitsOf(1, 50)));
  });

  test("what is appended later comes with the next append, before it, or with a sync or the end", async () => {
    const at = place();
    const syncs = await inside(at, (journal) =>
      Effect.gen(function* () {
        const { syncs } = yield* journal.stat;
        yield* journal.appendLater([commitOf(1), commitOf(2)]);
        expect(yield* journal.read).toEqual([]);
        expect(yield* journal.append([commitOf(3)])).toBe(3n);
        yield* journal.appendLater([commitOf(4)]);
        expect(yield* journal.sync).toBe(4n);
        yield* journal.appendLater([commitOf(5)]);
        return (yield* journal.stat).syncs - syncs;
      }),
    );
    expect(syncs).toBe(2);
    expect(plain(await inside(at, (journal) => journal.read))).toEqual(plain(commitsOf(1, 5)));
  });

  test("bytes that the caller changes afterwards are not changed in the journal", async () => {
    const at = place();
    const bytes = commitOf(1);
    await inside(at, (journal) =>
      Effect.gen(function* () {
        yield* journal.appendLater([bytes]);
        bytes.fill(0);
        yield* journal.sync;
      }),
    );
    expect(plain(await inside(at, (journal) => journal.read))).toEqual(plain([commitOf(1)]));
  });

  test("a journal that is open is not opened again, and can be once it was closed", async () => {
    const at = place();
    const error = await inside(at, (journal) =>
      Effect.andThen(
        journal.append([commitOf(1)]),
        Effect.promise(() => inside(at, (other) => other.read).catch((error) => error)),
      ),
    );
    expect(error).toMatchObject({ problem: "locked", pid: process.pid });
    expect(await inside(at, (journal) => journal.read)).toHaveLength(1);
  });

  test("a closed journal says so", async () => {
    const kept = await inside(place(), (journal) => Effect.succeed(journal));
    const uses: readonly Effect.Effect<unknown, JournalError>[] = [
      kept.append([commitOf(1)]),
      kept.appendLater([commitOf(1)]),
      kept.sync,
      kept.read,
      kept.verify,
      kept.latestSnapshot,
    ];
    for (const use of uses) {
      expect((await Effect.runPromise(Effect.flip(use))).problem).toBe("closed");
    }
  });
}

function limitsHold(place: () => JournalPlace): void {
  test("a commit of nothing and one above 8192 bytes are refused, and nothing is lost", async () => {
    const at = place();
    await inside(at, (journal) => journal.append([commitOf(1)]));
    for (const length of [0, 8193]) {
      for (const way of ["append", "appendLater"] as const) {
        const error = await inside(at, (journal) =>
          Effect.flip<unknown, JournalError, never>(
            journal[way]([commitOf(2), new Uint8Array(length)]),
          ),
        );
        expect(error.problem).toBe("too large");
        expect(error.words).toContain(`${length} bytes; allowed are 1 to 8192`);
      }
    }
    await inside(at, (journal) => journal.append([commitOf(2, 8192)]));
    expect(await inside(at, (journal) => journal.read)).toHaveLength(2);
  });

  test("more than 4 MiB at once are refused, and nothing of them is written", async () => {
    const at = place();
    const many = Array.from({ length: 513 }, () => new Uint8Array(8192).fill(1));
    const error = await inside(at, (journal) => Effect.flip(journal.append(many)));
    expect(error.problem).toBe("too large");
    expect(await inside(at, (journal) => journal.read)).toHaveLength(0);
  });

  test("a full journal says so before anything is written, and stays as it is", async () => {
    const at = place();
    const fits = commitsOf(1, 20, 8000);
    await inside(at, (journal) => journal.append(fits), small);
    const { error, later, stat, smaller } = await inside(
      at,
      (journal) =>
        Effect.gen(function* () {
          yield* journal.appendLater([commitOf(21)]);
          const error = yield* Effect.flip(journal.append(commitsOf(22, 40, 8000)));
          const stat = yield* journal.stat;
          const smaller = yield* journal.append([commitOf(22)]);
          return { error, stat, smaller, later: yield* journal.read };
        }),
      small,
    );
    expect(error.problem).toBe("full");
    expect(error.words).toContain("196608 bytes");
    expect(stat).toMatchObject({ commits: 20n, readOnly: undefined });
    expect(stat.bytes).toBeLessThanOrEqual(stat.limit);
    expect(smaller).toBe(22n); // with the one that had waited
    expect(plain(later)).toEqual(plain([...fits, commitOf(21), commitOf(22)]));
    expect(await inside(at, (journal) => journal.read, small)).toHaveLength(22);
  });

  test("sizes that no journal can have are refused with what is allowed", async () => {
    const wrong: readonly (readonly [JournalOptions, string])[] = [
      [{ segmentSize: 60 * 1024 }, "65536 to 262144, in steps of 4096"],
      [{ segmentSize: 512 * 1024 }, "65536 to 262144"],
      [{ segmentSize: 65537 }, "in steps of 4096"],
      [{ limit: 1000 }, "needs 65536"],
      [{ limit: -1n }, "needs 65536"],
      [{ schema: new Uint8Array(31) }, "31 bytes"],
    ];
    for (const [options, words] of wrong) {
      const error = await inside(place(), (journal) => journal.read, options).catch((it) => it);
      expect(error).toMatchObject({ problem: "misconfigured" });
      expect(error.words).toContain(words);
    }
  });

  test("a limit of a single segment works until it is full", async () => {
    const at = place();
    const one: JournalOptions = { limit: 64 * 1024 };
    await inside(at, (journal) => journal.append(commitsOf(1, 7, 8192)), one);
    const error = await inside(at, (j) => Effect.flip(j.append(commitsOf(8, 8, 8192))), one);
    expect(error.problem).toBe("full");
    expect(await inside(at, (journal) => journal.append([commitOf(8)]), one)).toBe(8n);
  });
}

function snapshotsAreACache(place: () => JournalPlace): void {
  const keep = (at: JournalPlace, sequence: bigint, length = 100) =>
    inside(at, (journal) =>
      journal.snapshot({ sequence, payload: commitOf(Number(sequence), length) }),
    );
  const latest = (at: JournalPlace) => inside(at, (journal) => journal.latestSnapshot);

  test("the newest snapshot is found again, whatever order they came in", async () => {
    const at = place();
    await inside(at, (journal) => journal.append(commitsOf(1, 9)));
    for (const sequence of [3n, 5n, 4n, 9n, 7n]) await keep(at, sequence);
    expect((await latest(at))?.sequence).toBe(9n);
    expect(at.names().filter((name) => name.startsWith("snapshot"))).toHaveLength(2);
  });

  test("of a snapshot with any flipped bit the other slot counts, then none", async () => {
    const at = place();
    await inside(at, (journal) => journal.append(commitsOf(1, 9)));
    await keep(at, 3n, 5);
    await keep(at, 8n, 5);
    const found = await inside(at, (journal) =>
      Effect.forEach(
        Array.from({ length: (72 + 5) * 8 }, (_, bit) => bit),
        (bit) =>
          Effect.gen(function* () {
            at.flip("snapshot-1", bit);
            const found = yield* journal.latestSnapshot;
            at.flip("snapshot-1", bit);
            return found?.sequence;
          }),
      ),
    );
    expect(new Set(found)).toEqual(new Set([3n]));
    expect((await latest(at))?.sequence).toBe(8n);
    at.flip("snapshot-0", 600);
    at.flip("snapshot-1", 9);
    expect(await latest(at)).toBeUndefined();
    await keep(at, 9n);
    expect((await latest(at))?.payload).toEqual(commitOf(9, 100));
  });

  test("a snapshot of no commit, of one to come, of nothing or beyond 1 MiB is refused", async () => {
    const at = place();
    await inside(at, (journal) => journal.append(commitsOf(1, 9)));
    await keep(at, 9n, 1024 * 1024);
    for (const [sequence, length] of [
      [0n, 5],
      [10n, 5],
      [5n, 0],
      [5n, 1024 * 1024 + 1],
    ] as const) {
      const error = await keep(at, sequence, length).catch((it) => it);
      expect(["misconfigured", "too large"]).toContain(error.problem);
    }
    expect((await latest(at))?.payload).toHaveLength(1024 * 1024);
  });
}
