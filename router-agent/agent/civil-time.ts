import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import { noteCivilTime } from "#adapters/journal/civil-notes.ts";
import type { Journal } from "#adapters/journal/journal.ts";

/**
 * Notes the time of people beside the journal, at the start and every hour, for reports by day. No
 * decision reads it, and where it cannot be written the agent goes on without (T10).
 */
export const noteCivilTimes = (journal: Journal["Service"], directory: string) => {
  const note = Effect.gen(function* () {
    const { commits } = yield* journal.stat;
    const seconds = Date.now() / 1000;
    yield* Effect.tryPromise(() => noteCivilTime(directory, { sequence: commits, seconds }));
  }).pipe(Effect.catch(() => Effect.void));
  // The first one before anything happens, so that everything that happens has a time.
  const later = Effect.delay(Effect.repeat(note, Schedule.spaced("1 hour")), "1 hour");
  return Effect.andThen(note, Effect.forkScoped(later));
};
