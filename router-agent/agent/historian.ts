import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Schedule from "effect/Schedule";
import * as Semaphore from "effect/Semaphore";
import { catchUp, type NoteSource, rebuild } from "#adapters/index/catch-up.ts";
import type { CommitSource } from "#adapters/index/commit-source.ts";
import type {
  HistoryIndex,
  HistoryPage,
  HistoryQuery,
  IndexStat,
  ResetReport,
} from "#adapters/index/history-index.ts";
import { type IndexError, isRebuildable } from "#adapters/index/index-error.ts";
import type { RecentCommits } from "#adapters/index/recent-commits.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import { ControlError } from "./control-socket.ts";

/** How an index is doing. */
export type HistoryState =
  | { readonly type: "on" }
  /** Being made from the journal; it answers again when that is done. */
  | { readonly type: "making"; readonly why: string }
  /** It failed, and rests until the agent starts again. */
  | { readonly type: "off"; readonly why: string };

/** An index in numbers, and what became of its rows when it was last made anew in this run. */
export interface HistoryStat extends IndexStat {
  readonly remade: ResetReport | undefined;
}

/** Keeps the index beside a running agent, and answers from it. */
export interface Historian {
  readonly state: () => HistoryState;
  /** Fails with words where there is no answer now. Everything journaled so far is in the answer. */
  readonly query: (query: HistoryQuery) => Effect.Effect<HistoryPage, ControlError>;
  readonly stat: Effect.Effect<HistoryStat, ControlError>;
  /** Begins to make the index anew; `state` says how far it is. */
  readonly reindex: Effect.Effect<void, ControlError>;
}

/** What a historian reads. */
export interface HistorianSources {
  readonly commits: CommitSource;
  readonly recent: RecentCommits;
  readonly notes: NoteSource;
}

/** How often new commits are counted, in ms. A question has them counted at once. */
export const countInterval = 2000;

/** How long others wait for an index, in ms. */
export interface HistorianPatience {
  /** Whoever asks: less than the control socket waits. */
  readonly question: number;
  /** The end of a run, for its last commits. The next start counts what is left. */
  readonly ending: number;
}

const usualPatience: HistorianPatience = { question: 5000, ending: 3000 };

/**
 * Counts what the journal acknowledged, behind the loop and never in its way: it sees durable commits
 * only, and whatever fails here ends with it. An index that cannot be believed is made anew once a
 * run; one that fails otherwise, or again, is switched off, with words, until the next start.
 */
export const startHistorian = Effect.fnUntraced(function* (
  index: HistoryIndex["Service"],
  sources: HistorianSources,
  patience = usualPatience,
) {
  const { state, count, off, mayRemake, remaking, remake, remade } = counting(index, sources);
  const alone = Semaphore.makeUnsafe(1);
  /** Whoever loses patience leaves the work behind: a disk that never answers holds up nobody. */
  const inTurn = <A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Effect.forkDetach(alone.withPermits(1)(work)), Fiber.join);
  const scope = yield* Effect.scope;
  const remakeLater = (why: string) =>
    Effect.suspend(() => {
      remaking(why);
      return Effect.asVoid(Effect.forkIn(inTurn(remake), scope));
    });

  const asking = <A>(work: Effect.Effect<A, IndexError>): Effect.Effect<A, ControlError> =>
    Effect.gen(function* () {
      if (state().type === "off") return yield* refusal(state());
      const answer = Effect.suspend(() =>
        state().type === "on" ? Effect.result(work) : refusal(state()),
      );
      const told = yield* inTurn(Effect.andThen(count, answer)).pipe(
        Effect.timeout(patience.question),
      );
      if (told._tag === "Success") return told.success;
      const { words } = told.failure;
      if (!isRebuildable(told.failure) || !mayRemake()) {
        return yield* Effect.andThen(off(words), refuse(`history is off: ${words}`));
      }
      const again = refuse(`history is being made anew from the journal (${words}); ask again`);
      return yield* Effect.andThen(remakeLater(words), again);
    }).pipe(
      Effect.catchTag("TimeoutError", () => refuse("history is busy; ask again in a moment")),
    );

  yield* Effect.addFinalizer(() =>
    inTurn(count).pipe(Effect.timeout(patience.ending), Effect.ignore, Effect.interruptible),
  );
  yield* Effect.forkScoped(Effect.repeat(inTurn(count), Schedule.spaced(countInterval)));
  const historian: Historian = {
    state,
    query: (query) => asking(index.query(query)),
    stat: Effect.map(asking(index.stat), (stat) => ({ ...stat, remade: remade() })),
    reindex: Effect.suspend(() =>
      state().type === "on" ? remakeLater("somebody asked for it") : refusal(state()),
    ),
  };
  return historian;
});

/** An index and how it is doing. One thing at a time. */
function counting(index: HistoryIndex["Service"], { commits, recent, notes }: HistorianSources) {
  let state: HistoryState = { type: "making", why: "the agent has just started" };
  let counted = 0n;
  /** Why the index is about to be made anew. */
  let due: string | undefined;
  let mayBeRemade = true;
  let remade: ResetReport | undefined;
  let complaint = "";

  const now = (): HistoryState =>
    due === undefined || state.type === "off" ? state : { type: "making", why: due };
  const mayRemake = (): boolean => {
    const may = mayBeRemade;
    mayBeRemade = false;
    return may;
  };
  const off = Effect.fnUntraced(function* (why: string) {
    state = { type: "off", why };
    recent.end();
    yield* Effect.logWarning(`history is off until the next start, billing goes on: ${why}`);
  });
  /** What went wrong never reaches the agent, and is said once. */
  const failed = Effect.fnUntraced(function* ({ _tag, problem, words }: IndexError | JournalError) {
    // A `history` at rest lets go of the index in a moment; a journal may be read the next time.
    if (_tag === "IndexError" && problem !== "locked") return yield* off(words);
    if (words === complaint) return;
    complaint = words;
    yield* Effect.logWarning(`history waits: ${words}`);
  });
  const kept = (work: Effect.Effect<void, IndexError | JournalError>) =>
    work.pipe(
      Effect.catch(failed),
      Effect.catchDefect((defect) => off(`a fault of this program: ${String(defect)}`)),
    );
  const upToDate = Effect.gen(function* () {
    const { rebuilt } = yield* catchUp(index, commits, notes);
    if (rebuilt !== undefined) {
      if (!mayRemake()) return yield* off(`it had to be made anew twice: ${rebuilt.words}`);
      remade = rebuilt;
      yield* Effect.logWarning(`history was made anew from the journal: ${rebuilt.words}`);
    }
    counted = (yield* index.place).sequence;
    recent.forget(counted); // the last one stays: it shows whose index it is
    state = { type: "on" };
  });
  const isDue = () => state.type === "making" || (state.type === "on" && recent.last() > counted);
  return {
    state: now,
    off,
    /** Counts what is new, if anything is. */
    count: Effect.suspend(() => (isDue() ? kept(upToDate) : Effect.void)),
    /** Whether this run may make the index anew by itself: once. */
    mayRemake,
    remade: () => remade,
    remaking: (why: string) => {
      due = why;
    },
    remake: Effect.suspend(() => {
      const why = due ?? "";
      state = { type: "making", why }; // also where the journal cannot be read now
      const made = Effect.map(rebuild(index, commits, notes, why, true), ({ rebuilt }) => {
        remade = rebuilt;
      });
      return kept(Effect.andThen(made, upToDate));
    }).pipe(
      Effect.andThen(
        Effect.sync(() => {
          due = undefined;
        }),
      ),
    ),
  };
}

function refusal(state: HistoryState): Effect.Effect<never, ControlError> {
  switch (state.type) {
    case "off":
      return refuse(`history is off until the agent starts again: ${state.why}`);
    case "making":
      return refuse(`history is being made from the journal (${state.why}); ask again in a moment`);
    case "on":
      return refuse("history is busy; ask again in a moment");
  }
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}
