import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { TestClock } from "effect/testing";
import { afterAll, expect, test } from "vitest";
import { readCivilNotes } from "#adapters/journal/civil-notes.ts";
import type { Journal } from "#adapters/journal/journal.ts";
import { noteCivilTimes } from "#agent/agent/civil-time.ts";

const home = mkdtempSync(join(tmpdir(), "meshtoll-civil-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** 2026-03-01T10:40:00Z, in ms. */
const begun = 1_772_361_600_000;

test("time is noted at the start, and then at full hours, whatever minute the start was", async () => {
  const stat = Effect.succeed({ commits: 7n });
  const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)));
  const story = Effect.gen(function* () {
    yield* TestClock.setTime(begun);
    yield* noteCivilTimes({ stat } as unknown as Journal["Service"], home);
    expect(readCivilNotes(home)).toEqual([{ sequence: 7n, seconds: begun / 1000 }]);
    // However long the disk takes meanwhile: whoever wakes up late goes on with the next full hour.
    while (readCivilNotes(home).length < 5) {
      yield* TestClock.adjust("1 minute");
      yield* turn;
    }
  });
  await Effect.runPromise(story.pipe(Effect.scoped, Effect.provide(TestClock.layer())));
  const [, ...later] = readCivilNotes(home).map(({ seconds }) => seconds % 3600);
  expect(later.slice(0, 4)).toEqual([0, 0, 0, 0]);
});
