import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { catchUp } from "#adapters/index/catch-up.ts";
import { directoryCommits } from "#adapters/index/commit-source.ts";
import { HistoryIndex } from "#adapters/index/history-index.ts";
import { journalHistory } from "#adapters/index/journal-history.ts";
import { levelIndex } from "#adapters/index/level-index.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { writeYears } from "./years-of-readings.ts";

// One process of `bench -- history`: `history-cost.ts index|journal`. It makes a journal, asks for
// all rows of one neighbour by an index or from the journal alone, and prints what that took.

const how = process.argv[2];
const home = mkdtempSync(join(tmpdir(), "meshtoll-history-"));
const directory = join(home, "journal");
const neighbours = 100;
await writeYears(directory, { neighbours, readings: 1000 });
const notes = Array.from({ length: 200 }, (_, i) => ({
  sequence: BigInt(i * 6),
  seconds: 1_780_000_000 + i * 3600,
}));
const rss = (): number => process.memoryUsage.rss();
const before = rss();
const began = process.hrtime.bigint();
const seconds = (): number => Number(process.hrtime.bigint() - began) / 1e9;

const byIndex = Effect.gen(function* () {
  const index = yield* HistoryIndex;
  const { commits } = yield* catchUp(index, directoryCommits(directory), notes);
  const made = seconds();
  const { rows } = yield* index.stat;
  const page = yield* index.query({ neighbour: 7 });
  return { commits, rows, made, asked: seconds() - made, page: page.rows.length };
});

if (how === "index") {
  const layer = Layer.fresh(levelIndex(join(directory, "index"), { limit: 1n << 26n, days: 400 }));
  const found = await Effect.runPromise(byIndex.pipe(Effect.provide(layer), Effect.scoped));
  console.log(JSON.stringify({ ...found, before, after: rss() }));
} else {
  const rows = journalHistory(readCommits(directory), notes, { neighbour: 7 });
  console.log(JSON.stringify({ asked: seconds(), page: rows.length, before, after: rss() }));
}
rmSync(home, { recursive: true, force: true });
