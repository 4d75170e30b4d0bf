import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import * as Effect from "effect/Effect";
import { replaceFile } from "./durable-file.ts";

/** A text of lines with a checksum over all of them: what {@link unsealed} reads, and nothing else. */
export function sealed(lines: readonly string[]): string {
  const text = [...lines, ""].join("\n");
  return `${text}sha256 ${checksum(text)}\n`;
}

/** The lines that were {@link sealed}; nothing for any other text. */
export function unsealed(text: string): readonly string[] | undefined {
  const at = text.lastIndexOf("sha256 ");
  const body = text.slice(0, at);
  if (at < 0 || text.slice(at) !== `sha256 ${checksum(body)}\n`) return undefined;
  const lines = body.split("\n");
  return lines.pop() === "" ? lines : undefined;
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A small file beside the journal that no bill hangs on. */
export interface CheckedFile {
  readonly path: string;
  /** The longest that is read, in bytes. */
  readonly limit: number;
  /** What becomes of it where it cannot be believed, and where it cannot be written. */
  readonly whenDamaged: string;
  readonly whenUnwritten: string;
}

/**
 * What a file says, or what holds where there is none. One that cannot be believed is told of and put
 * aside. Never fails. @param read the text's meaning, or nothing where it has none.
 */
export const loadChecked = <A>(
  { path, limit, whenDamaged }: CheckedFile,
  none: A,
  read: (text: string) => A | undefined,
): Effect.Effect<A> =>
  Effect.tryPromise(() => readBounded(path, limit)).pipe(
    Effect.flatMap((text) => {
      const found = text === undefined ? none : read(text);
      if (found !== undefined) return Effect.succeed(found);
      return Effect.logWarning(
        `${path} is damaged and put aside as ${path}.damaged: ${whenDamaged}`,
      ).pipe(
        Effect.andThen(Effect.tryPromise(() => rename(path, `${path}.damaged`))),
        Effect.as(none),
      );
    }),
    Effect.catch(() => Effect.as(Effect.logWarning(`${path} cannot be read`), none)),
  );

/** Replaces a file whole. Never fails: a warning is all that comes of it. */
export const saveChecked = (
  { path, whenUnwritten }: CheckedFile,
  text: string,
): Effect.Effect<void> =>
  Effect.tryPromise(() => replaceFile(path, text)).pipe(
    Effect.catch(() => Effect.logWarning(`${path} cannot be written: ${whenUnwritten}`)),
  );

/** The text of a file, or nothing where there is none; of one that is too long, nothing to be believed. */
async function readBounded(path: string, limit: number): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(limit + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return bytesRead > limit ? "" : buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
