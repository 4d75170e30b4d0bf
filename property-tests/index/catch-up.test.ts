import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Stream from "effect/Stream";
import { afterAll, expect, test } from "vitest";
import { catchUp, notedTime, rebuild } from "#adapters/index/catch-up.ts";
import { type CommitSource, directoryCommits, withArchive } from "#adapters/index/commit-source.ts";
import { memoryPlace } from "#adapters/index/memory-index.ts";
import { noteBook } from "#adapters/index/note-book.ts";
import { noteCivilTime, readCivilNotes } from "#adapters/journal/civil-notes.ts";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { encodeCommit, encodeCommits } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { restatement } from "#core/journal/restatement.ts";
import { allRows, type Index, withIndex } from "./opened-index.ts";
import { firstNote, type TradedHistory, tradedHistory } from "./traded-history.ts";

const home = mkdtempSync(join(tmpdir(), "meshtoll-catch-up-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const everything = (index: Index) =>
  Effect.all([allRows(index, { neighbour: 0 }), allRows(index, { neighbour: 1 })]);

const sourceOf = ({ commits }: Pick<TradedHistory, "commits">): CommitSource => {
  return (from) => Stream.fromIterable(commits.filter(({ sequence }) => sequence >= from));
};

const traded = tradedHistory();
const notes = () => traded.notes;

test("an index of another journal, or of one that lost its end, is made anew from this one", async () => {
  const expected = await withIndex(memoryPlace(), (index) =>
    Effect.andThen(catchUp(index, sourceOf(traded), notes), everything(index)),
  );
  const numbered = (payloads: readonly Uint8Array[]) =>
    payloads.map((payload, i) => ({ sequence: BigInt(i + 1), payload }));
  const payloads = traded.commits.map(({ payload }) => payload);
  const strangers = [
    numbered([...payloads, ...payloads.slice(-9)]), // ours lost its end since
    numbered([...payloads.slice(0, 90), ...payloads.slice(80, 90)]), // another one went on so
  ];
  for (const commits of strangers) {
    const place = memoryPlace();
    await withIndex(place, (index) => catchUp(index, sourceOf({ commits }), notes));
    const [caughtUp, rows] = await withIndex(place, (index) =>
      Effect.all([catchUp(index, sourceOf(traded), notes), everything(index)]),
    );
    expect(caughtUp.rebuilt?.words).toContain("is not in the journal");
    expect(caughtUp.commits).toBe(traded.commits.length);
    expect(rows).toEqual(expected);
  }
});

/** A journal in a directory that began anew in its middle, with or without an archive. */
async function begunAnew(directory: string, archive: string | undefined): Promise<bigint> {
  const half = traded.events.length >> 1;
  const kept = restatement(traded.events.slice(0, half).reduce(evolve, emptyLedger), {
    leaps: () => 0n,
    forgiven: () => 0n,
  });
  const options = { directory, segmentSize: 65_536, archiveDirectory: archive };
  const written = Effect.gen(function* () {
    const journal = yield* Journal;
    for (const event of traded.events.slice(0, half))
      yield* journal.append([encodeCommit([event])]);
    yield* journal.restate(encodeCommits(kept));
    for (const event of traded.events.slice(half)) yield* journal.append([encodeCommit([event])]);
  });
  await Effect.runPromise(
    written.pipe(Effect.provide(Layer.fresh(fileJournal(options))), Effect.scoped),
  );
  for (const note of traded.notes.filter(({ sequence }) => sequence <= BigInt(half))) {
    await noteCivilTime(directory, note);
  }
  return BigInt(half);
}

test("what the journal gave up comes from its archive: a deleted index loses nothing", async () => {
  const [directory, archive] = [join(home, "archived"), join(home, "archive")];
  mkdirSync(archive);
  const half = await begunAnew(directory, archive);
  const whole = withArchive(directoryCommits(directory), archive);
  const found = await Effect.runPromise(Stream.runCollect(whole(1n)));
  expect(found.slice(0, Number(half))).toEqual(traded.commits.slice(0, Number(half)));
  expect(found.map(({ sequence }) => sequence)).toEqual(found.map((_, i) => BigInt(i + 1)));
  const middle = await Effect.runPromise(Stream.runCollect(whole(half - 3n)));
  expect(middle).toEqual(found.slice(Number(half) - 4));
  const [rows] = await withIndex(memoryPlace(), (index) =>
    Effect.andThen(catchUp(index, whole, noteBook(directory)), everything(index)),
  );
  const read = rows.reduce(
    (all, row) =>
      row.kind === "usage" && row.direction === "we are paid"
        ? all + row.toPosition - row.fromPosition
        : all,
    0n,
  );
  const inbound = traded.ledger.neighbours[0]?.inbound ?? [];
  expect(read).toBe(inbound.reduce((all, account) => all + account.read, 0n));
});

test("without an archive, rows of what the journal gave up stay when the index is made anew", async () => {
  const directory = join(home, "unarchived");
  const half = await begunAnew(directory, undefined);
  const journal = directoryCommits(directory);
  const place = memoryPlace();
  const before = await withIndex(place, (index) =>
    Effect.gen(function* () {
      yield* catchUp(index, sourceOf({ commits: traded.commits.slice(0, Number(half)) }), notes);
      yield* catchUp(index, journal, noteBook(directory));
      return yield* everything(index);
    }),
  );
  const [report, rows] = await withIndex(place, (index) =>
    Effect.all([rebuild(index, journal, noteBook(directory), "asked", true), everything(index)]),
  );
  expect(report.rebuilt).toMatchObject({ lost: 0 });
  expect(report.rebuilt?.kept).toBeGreaterThan(20);
  expect(rows).toEqual(before);
});

test("a bad archive is told of and left out, and the journal is read all the same", async () => {
  const [directory, archive] = [join(home, "whole"), join(home, "bad-archive")];
  mkdirSync(archive);
  await begunAnew(directory, archive);
  for (const name of readdirSync(archive)) writeFileSync(join(archive, name), "not a segment");
  for (const place of [archive, join(home, "no-such-archive")]) {
    const told: string[] = [];
    const source = withArchive(directoryCommits(directory), place, (words) => told.push(words));
    const found = await Effect.runPromise(Stream.runCollect(source(1n)));
    expect(found).toEqual(
      await Effect.runPromise(Stream.runCollect(directoryCommits(directory)(1n))),
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("commits 1 to ");
  }
});

test("the note book gives each commit the time that all notes give it, and follows the file", async () => {
  const directory = join(home, "notes");
  mkdirSync(directory);
  const book = noteBook(directory);
  expect(book(1n)).toEqual([]);
  for (let i = 0; i < 6; i++) {
    await noteCivilTime(directory, { sequence: BigInt(i * 10), seconds: firstNote + i * 3600 });
    const all = readCivilNotes(directory);
    for (const from of [1n, 25n, 12n, 70n]) {
      for (let at = from; at < 75n; at += 3n) {
        expect(notedTime(book(from), at)).toBe(notedTime(all, at));
      }
    }
  }
  const fresh = noteBook(directory);
  expect(fresh(51n)).toHaveLength(1);
  expect(notedTime(fresh(51n), 51n)).toBe(firstNote + 5 * 3600);
});
