import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schedule from "effect/Schedule";
import * as Semaphore from "effect/Semaphore";
import { type CaughtUp, catchUp, rebuild } from "#adapters/index/catch-up.ts";
import { type CommitSource, withArchive } from "#adapters/index/commit-source.ts";
import {
  HistoryIndex,
  type HistoryPage,
  type HistoryQuery,
} from "#adapters/index/history-index.ts";
import { indexDirectory, levelIndex } from "#adapters/index/level-index.ts";
import { readCivilNotes } from "#adapters/journal/civil-notes.ts";
import type { Config } from "#agent/config/config.ts";

/** Why there is no history, in words. */
interface Unavailable {
  readonly words: string;
}

/** What can be asked about the past. Nothing in it ever holds up billing. */
export interface History {
  /** With everything that is durable when it is asked. */
  readonly page: (query: HistoryQuery) => Effect.Effect<HistoryPage, Unavailable>;
  /** Makes the index anew from the journal. */
  readonly reindex: Effect.Effect<CaughtUp, Unavailable>;
}

const offWords = "no index of history is kept (history is off in the configuration)";

/** Where no index is kept. */
export const noHistory: History = {
  page: () => Effect.fail({ words: offWords }),
  reindex: Effect.fail({ words: offWords }),
};

/** The journal is read for the index so often; whoever asks does not wait for that. */
const catchUpEvery = "1 minute";

/**
 * The history of a journal, by an index beside it. The index reads what is durable, a little later
 * than it happened, and only from the journal: whatever becomes of it, no commit waits for it.
 */
export const openHistory = Effect.fnUntraced(function* (config: Config, commits: CommitSource) {
  const { directory, archive } = config.journal;
  if (config.history === undefined) return noHistory;
  const services = yield* Layer.build(levelIndex(indexDirectory(directory), config.history));
  const index = Context.get(services, HistoryIndex);
  const source = withArchive(commits, archive, (words) => process.stderr.write(`${words}\n`));
  const one = Semaphore.makeUnsafe(1);
  const current = one.withPermits(1)(
    Effect.suspend(() => catchUp(index, source, readCivilNotes(directory))),
  );
  const history: History = {
    page: (query) => Effect.andThen(current, index.query(query)),
    reindex: one.withPermits(1)(
      Effect.suspend(() =>
        rebuild(index, source, readCivilNotes(directory), "asked for", archive === undefined),
      ),
    ),
  };
  return { ...history, current };
});

/** History that goes on by itself as long as its scope lives. */
export const startHistory = Effect.fnUntraced(function* (config: Config, commits: CommitSource) {
  const history = yield* openHistory(config, commits);
  if (!("current" in history)) return history;
  let said: string | undefined;
  const round = history.current.pipe(
    Effect.flatMap(({ rebuilt }) => {
      said = undefined;
      if (rebuilt === undefined) return Effect.void;
      return Effect.logWarning(`the index of history was made anew: ${rebuilt.words}`);
    }),
    Effect.catch(({ words }) => {
      if (words === said) return Effect.void;
      said = words;
      return Effect.logWarning(`no history for now: ${words}`);
    }),
  );
  const rounds = Effect.repeat(round, Schedule.spaced(catchUpEvery));
  yield* Effect.forkScoped(Effect.delay(rounds, catchUpEvery));
  return history as History;
});
