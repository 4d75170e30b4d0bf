import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import * as Effect from "effect/Effect";
import type { Config } from "./config.ts";
import { readConfigText } from "./config-reader.ts";
import { configSizeLimit } from "./document.ts";
import { ConfigError } from "./problem.ts";

/**
 * The configuration in a file, JSON or UCI. Fails with every problem found, each with its option,
 * its line, what was found and what is allowed.
 */
export const readConfig = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Config, ConfigError> {
  const refuse = (found: string, allowed: string) =>
    new ConfigError({
      source: path,
      problems: [{ path: "file", line: undefined, found, allowed }],
    });
  const bytes = yield* Effect.acquireUseRelease(
    Effect.tryPromise({
      try: () => open(path, constants.O_RDONLY | constants.O_NONBLOCK),
      catch: (error) => refuse(codeOf(error), "a file that can be read"),
    }),
    (file) =>
      Effect.tryPromise({
        try: () => bounded(file),
        catch: (error) => refuse(codeOf(error), "a file that can be read"),
      }),
    (file) => Effect.promise(() => file.close()),
  );
  if (bytes.length > configSizeLimit) {
    return yield* refuse(`more than ${configSizeLimit} bytes`, `at most ${configSizeLimit} bytes`);
  }
  const text = decoded(bytes);
  if (text === undefined) return yield* refuse("bytes that are no text", "text in UTF-8");
  const reading = readConfigText(text);
  if (reading.ok) return reading.config;
  return yield* new ConfigError({ source: path, problems: reading.problems });
});

/** The file's bytes, or the first of them and one more than allowed. */
async function bounded(file: FileHandle): Promise<Uint8Array> {
  const buffer = new Uint8Array(configSizeLimit + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
}
