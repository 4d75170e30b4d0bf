import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answered } from "#adapters/index/catch-up.ts";
import type { CommitSource } from "#adapters/index/commit-source.ts";
import { levelPlace } from "#adapters/index/level-index.ts";
import { allRows, withIndex } from "./opened-index.ts";
import { tradedHistory } from "./traded-history.ts";

/**
 * A store of LevelDB's that is damaged behind its back: whatever was flipped, cut or removed, once the
 * agent has caught up and was asked, the answer is the journal's.
 */
const home = mkdtempSync(join(tmpdir(), "meshtoll-broken-index-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const traded = tradedHistory();
const source: CommitSource = (from) =>
  Stream.fromIterable(traded.commits.filter(({ sequence }) => sequence >= from));

const everything = (place: ReturnType<typeof levelPlace>) =>
  withIndex(place, (index) => {
    const ask = Effect.all([allRows(index, { neighbour: 0 }), allRows(index, { neighbour: 1 })]);
    return answered(index, source, () => traded.notes, ask);
  });

const whole = join(home, "whole");
let expected: Awaited<ReturnType<typeof everything>>;

beforeAll(async () => {
  // In several runs, so that there are tables and a log with something in them.
  for (let at = 0; at < traded.noted.length; at += 40) {
    await withIndex(levelPlace(whole), (index) => index.take(traded.noted.slice(at, at + 40)));
  }
  expected = await everything(levelPlace(whole));
  expect(expected.flat().length).toBeGreaterThan(100);
});

let copies = 0;

/** The files of the store, damaged in a copy; and what is answered then. */
async function answeredAfter(damage: (directory: string) => void) {
  copies += 1;
  const directory = join(home, String(copies));
  await cp(whole, directory, { recursive: true });
  damage(directory);
  const answer = await everything(levelPlace(directory));
  rmSync(directory, { recursive: true });
  return answer;
}

const filesOf = () =>
  readdirSync(whole).filter((name) => statSync(join(whole, name)).size > 0 && name !== "LOG.old");

test("a flipped bit anywhere in any file of the store never changes an answer", async () => {
  for (const name of filesOf()) {
    const { length } = readFileSync(join(whole, name));
    const places = new Set(Array.from({ length: 40 }, (_, i) => Math.floor((i * length) / 40)));
    for (const at of places) {
      const answer = await answeredAfter((directory) => {
        const bytes = readFileSync(join(directory, name));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(join(directory, name), bytes);
      });
      expect(answer, `${name} at ${at}`).toEqual(expected);
    }
  }
});

test("a file of the store that is gone, empty, cut or overwritten never changes an answer", async () => {
  for (const name of filesOf()) {
    const damages = {
      gone: (path: string) => rmSync(path),
      empty: (path: string) => writeFileSync(path, ""),
      cut: (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.subarray(0, bytes.length >> 1));
      },
      overwritten: (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xff, bytes.length >> 1));
      },
    };
    for (const [what, damage] of Object.entries(damages)) {
      const answer = await answeredAfter((directory) => damage(join(directory, name)));
      expect(answer, `${name} ${what}`).toEqual(expected);
    }
  }
});

test("a store that is gone, and something else in its place, are made anew", async () => {
  const gone = await answeredAfter((directory) => rmSync(directory, { recursive: true }));
  expect(gone).toEqual(expected);
  const other = await answeredAfter((directory) => {
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    writeFileSync(join(directory, "notes.txt"), "not a store");
    writeFileSync(join(directory, "CURRENT"), "MANIFEST-999999\n");
  });
  expect(other).toEqual(expected);
});
