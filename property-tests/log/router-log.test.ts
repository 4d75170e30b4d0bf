import * as Cause from "effect/Cause";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type LogLevelName, logLevels } from "#agent/config/status-options.ts";
import { lineLimit, logLine } from "#agent/log/log-line.ts";
import { routerLog } from "#agent/log/router-log.ts";

const line = (message: unknown, cause: Cause.Cause<unknown> = Cause.empty) =>
  logLine({ date: new Date(0), level: "info", message, cause });

/** Everything that is told at a level. */
async function told(level: LogLevelName): Promise<readonly string[]> {
  const lines: string[] = [];
  const telling = Effect.gen(function* () {
    yield* Effect.logError("e");
    yield* Effect.logWarning("w");
    yield* Effect.logInfo("i");
    yield* Effect.logDebug("d");
  });
  await Effect.runPromise(telling.pipe(Effect.provide(routerLog(level, (one) => lines.push(one)))));
  return lines.map((one) => /level=(\w+) /.exec(one)?.[1] ?? one);
}

test("each level tells those before it and itself, and no more", async () => {
  for (const [i, level] of logLevels.entries()) {
    expect(await told(level)).toEqual(logLevels.slice(0, i + 1));
  }
});

test("an entry is one line with its time, level and words", () => {
  expect(line("made again: tollb1")).toBe(
    'time=1970-01-01T00:00:00Z level=info message="made again: tollb1"',
  );
  expect(line("it ended", Cause.fail(new Error("no")))).toContain(' cause="');
});

test("whatever is told, it is one line that can be seen and read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const whole = line(text);
      expect(whole.includes("\n")).toBe(false);
      expect(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(whole)).toBe(false);
      const quoted = /message=(".*")$/.exec(whole)?.[1] ?? "";
      expect(JSON.parse(quoted)).toBe(text);
    }),
  );
});

test("words beyond the limit are cut, and say so", () => {
  expect(line("x".repeat(lineLimit))).not.toContain("(cut)");
  const long = line("x".repeat(lineLimit + 1));
  expect(long).toContain("x (cut)");
  expect(long.length).toBeLessThan(lineLimit + 100);
});
