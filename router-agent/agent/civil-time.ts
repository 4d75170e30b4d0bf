import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import { noteCivilTime } from "#adapters/journal/civil-notes.ts";
import type { Journal } from "#adapters/journal/journal.ts";

const hour = 3_600_000;

/**
 * Notes the time of people beside the journal, at the start and at every full hour, for reports by day
 * and history by hour. No decision reads it, and where it cannot be written the agent goes on without
 * (T10).
 */
export const noteCivilTimes = (journal: Journal["Service"], directory: string) => {
  const note = Effect.gen(function* () {
    const { commits } = yield* journal.stat;
    const seconds = (yield* Clock.currentTimeMillis) / 1000;
    yield* Effect.tryPromise(() => noteCivilTime(directory, { sequence: commits, seconds }));
  }).pipe(Effect.catch(() => Effect.void));
  const untilFullHour = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep(hour - (now % hour)),
  );
  const hourly = Effect.forever(Effect.andThen(untilFullHour, note));
  return Effect.andThen(note, Effect.forkScoped(hourly));
};
