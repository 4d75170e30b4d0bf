import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Stream from "effect/Stream";
import { answered, notedTime, rebuild } from "#adapters/index/catch-up.ts";
import { directoryCommits, withArchive } from "#adapters/index/commit-source.ts";
import { fold } from "#adapters/index/history-fold.ts";
import { HistoryIndex, type HistoryQuery } from "#adapters/index/history-index.ts";
import type { HistoryRow } from "#adapters/index/history-row.ts";
import type { IndexError } from "#adapters/index/index-error.ts";
import { indexDirectory, levelIndex } from "#adapters/index/level-index.ts";
import { noteBook } from "#adapters/index/note-book.ts";
import { isAsked } from "#adapters/index/row-page.ts";
import { newTally, openUsage } from "#adapters/index/tally.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { historyRequest, isPageAnswer } from "#agent/agent/history-request.ts";
import type { Config } from "#agent/config/config.ts";
import { decodeCommit } from "#core/journal/commit.ts";

/** A row as it goes through JSON: bytes and grains are decimal texts. */
export type PlainRow = Decimal<HistoryRow>;

type Decimal<Row> = Row extends unknown
  ? { readonly [K in keyof Row]: Row[K] extends bigint ? string : Row[K] }
  : never;

/** What a person asked for, of each of some neighbours. */
export type HistoryChoice = Pick<HistoryQuery, "from" | "to" | "kinds">;

/** Hands on the rows of a neighbour, oldest first, a page at a time. */
export type HistorySource = (
  neighbour: number,
  choice: HistoryChoice,
  told: (rows: readonly PlainRow[]) => Effect.Effect<void>,
) => Effect.Effect<void, ControlError | JournalError | IndexError>;

/** The running agent, by its socket. */
export function agentHistory(config: Config): HistorySource {
  const path = controlPath(config.journal.directory);
  return Effect.fnUntraced(function* (neighbour, choice, told) {
    for (let after: HistoryQuery["after"]; ; ) {
      const answer = yield* askAgent(path, historyRequest({ neighbour, ...choice, after }));
      if (!isPageAnswer(answer)) {
        const words = `the agent on ${path} answered something else than a page of history`;
        return yield* new ControlError({ problem: "malformed", words });
      }
      yield* told(answer.rows as readonly PlainRow[]);
      if (answer.next === undefined) return;
      after = answer.next;
    }
  });
}

/** Commits and notes beside each other in a directory. */
function placeOf({ journal: { directory, archive } }: Config) {
  const told = (words: string) => void process.stderr.write(`archive: ${words}\n`);
  return {
    commits: withArchive(directoryCommits(directory), archive, told),
    notes: noteBook(directory),
  };
}

const indexOf = Effect.fnUntraced(function* ({ journal, history }: Config) {
  const layer = levelIndex(indexDirectory(journal.directory), history);
  return Context.get(yield* Layer.build(Layer.fresh(layer)), HistoryIndex);
});

/** The index in the directory, where no agent runs; it catches up first. Lives as long as its scope. */
export const directoryHistory = Effect.fnUntraced(function* (config: Config) {
  const index = yield* indexOf(config);
  const { commits, notes } = placeOf(config);
  const source: HistorySource = Effect.fnUntraced(function* (neighbour, choice, told) {
    for (let after: HistoryQuery["after"]; ; ) {
      const asked = index.query({ neighbour, ...choice, after });
      const { rows, next } = yield* answered(index, commits, notes, asked);
      yield* told(rows.map(plain));
      if (next === undefined) return;
      after = next;
    }
  });
  return source;
});

/** Makes the index in the directory anew, where no agent runs. */
export const remadeIndex = Effect.fnUntraced(function* (config: Config) {
  const index = yield* indexOf(config);
  const { commits, notes } = placeOf(config);
  const made = yield* rebuild(index, commits, notes, "somebody asked for it", true);
  yield* index.flush;
  return { ...(yield* index.stat), remade: made.rebuilt };
});

/** Without an index: the whole journal is read for each neighbour, and nothing is written. */
export function journalHistory(config: Config): HistorySource {
  return Effect.fnUntraced(function* (neighbour, choice, told) {
    const { commits, notes } = placeOf(config);
    const tally = newTally();
    let rows: PlainRow[] = [];
    const take = (row: HistoryRow): void => {
      if (isAsked(row, choice)) rows.push(plain(row));
    };
    yield* Stream.runForEachArray(commits(1n), (some) =>
      Effect.suspend(() => {
        const known = notes(some[0].sequence);
        for (const { sequence, payload } of some) {
          const seconds = notedTime(known, sequence);
          const events = decodeCommit(payload);
          for (const one of fold(tally, { sequence, seconds, events })) {
            if (one.neighbour === neighbour) take(one.row);
          }
        }
        const full = rows;
        rows = [];
        return told(full);
      }),
    );
    const known = tally.neighbours[neighbour];
    if (known === undefined) return;
    for (const row of openUsage(known)) take(row);
    yield* told(rows);
  });
}

function plain(row: HistoryRow): PlainRow {
  return JSON.parse(toJson(row)) as PlainRow;
}
