import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { JournalError } from "#adapters/journal/journal-error.ts";
import type { Damage } from "#adapters/journal/segment-scan.ts";
import type { Verdict } from "./examination.ts";
import { examineAll } from "./examiners.ts";
import { exitCodes } from "./exit-code.ts";
import { progressOn } from "./progress.ts";

/** Prints one JSON document and nothing else. */
export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON, quantities as decimal strings"),
  Flag.withDefault(false),
);

/** Examines journals on all cores, and tells people who watch how far it got. */
export const examined = (directories: readonly string[]) =>
  Effect.suspend(() => {
    const progress = progressOn();
    return Effect.tryPromise({
      try: () => examineAll(directories, progress.tell),
      catch: asJournalError,
    }).pipe(Effect.ensuring(Effect.sync(progress.end)));
  });

/** Whatever was thrown, as an error that carries words. */
export function asJournalError(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new JournalError({ problem: "damaged", words });
}

/** Says on stderr that what was printed ends early, and lets the exit code say so too. */
export function tellDamage({ segment, offset, words }: Damage): void {
  process.exitCode = exitCodes.damaged;
  process.stderr.write(
    `DAMAGED ${segment} at byte ${offset}: ${words}; what is printed ends before it\n`,
  );
}

/** The exit code that a verdict stands for. */
export const tellVerdict = (verdict: Verdict) =>
  Effect.sync(() => {
    process.exitCode = exitCodes[verdict];
  });
