import { constants } from "node:fs";
import { open } from "node:fs/promises";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/** The password of the status page cannot be used; `words` say why and what to do. Never quotes it. */
export class PasswordError extends Data.TaggedError("PasswordError")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/** Shorter ones are guessed. */
export const leastPassword = 16;

/** The longest password, in characters. */
export const longestPassword = 256;

/** Any character that a header can carry without another encoding. */
const form = /^[\x21-\x7e]+$/;

/** The first line of a file that only its owner may read. */
export const passwordIn = (path: string): Effect.Effect<string, PasswordError> =>
  Effect.tryPromise({
    try: () => read(path),
    catch: (error) =>
      error instanceof PasswordError
        ? error
        : new PasswordError({ words: `status_token_file ${path}: ${codeOf(error)}` }),
  });

/** @throws PasswordError, and the file system's errors. */
async function read(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const refuse = (words: string) =>
      new PasswordError({ words: `status_token_file ${path} ${words}` });
    if (!stats.isFile()) throw refuse("is not a file");
    if ((stats.mode & 0o077) !== 0) {
      throw refuse("can be read or written by others: give it mode 600");
    }
    const buffer = Buffer.alloc(longestPassword + 2);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const [line = ""] = buffer.toString("latin1", 0, bytesRead).split(/\r?\n/, 1);
    if (line.length >= leastPassword && line.length <= longestPassword && form.test(line)) {
      return line;
    }
    throw refuse(
      `needs a first line of ${leastPassword} to ${longestPassword} letters, digits and signs, without spaces; it has ${line.length} characters`,
    );
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
}
