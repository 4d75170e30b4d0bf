import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { withArchive } from "#adapters/index/commit-source.ts";
import { HistoryIndex } from "#adapters/index/history-index.ts";
import { indexDirectory, levelIndex } from "#adapters/index/level-index.ts";
import { noteBook } from "#adapters/index/note-book.ts";
import { type RecentCommits, withRecent } from "#adapters/index/recent-commits.ts";
import { Journal } from "#adapters/journal/journal.ts";
import type { Config } from "#agent/config/config.ts";
import { type Historian, startHistorian } from "./historian.ts";

/** Where the journal and what it gave up lie, and what the index may take. */
export type HistorianPlace = Config["history"] & Pick<Config["journal"], "directory" | "archive">;

/** The historian of an agent on this machine: LevelDB beside the journal. Lives as long as its scope. */
export const liveHistorian = Effect.fnUntraced(function* (
  { directory, archive, limit, days }: HistorianPlace,
  recent: RecentCommits,
) {
  const journal = yield* Journal;
  const layer = levelIndex(indexDirectory(directory), { limit, days });
  const index = Context.get(yield* Layer.build(Layer.fresh(layer)), HistoryIndex);
  const told = (words: string) => void Effect.runFork(Effect.logWarning(`history: ${words}`));
  const source = withArchive((from) => journal.commits(from), archive, told);
  const historian: Historian = yield* startHistorian(index, {
    commits: withRecent(source, recent),
    recent,
    notes: noteBook(directory),
  });
  return historian;
});
