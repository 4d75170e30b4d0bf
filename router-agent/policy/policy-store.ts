import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { replaceFile } from "#agent/agent/durable-file.ts";
import type { NetworkPolicy } from "#core/enforcement/network-policy.ts";
import { documentLimit, readDocument, writeDocument } from "./policy-document.ts";

/** A file of policies cannot be read or written; `words` say which and why. */
export class PolicyFileError extends Data.TaggedError("PolicyFileError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** What was decided last, and about which policy. */
export interface Decision {
  readonly standing: "accepted" | "refused";
  readonly policy: NetworkPolicy;
}

/** The decision of an operator, kept beside the journal, where only its owner writes. */
export const decisionPath = (journalDirectory: string): string => join(journalDirectory, "policy");

/** The last decision; nothing where there is none. A file that cannot be believed is told and counts for nothing. */
export const loadDecision = (journalDirectory: string) =>
  Effect.gen(function* () {
    const path = decisionPath(journalDirectory);
    const text = yield* readText(path);
    if (text === undefined) return undefined;
    const at = text.indexOf("\n");
    const standing = text.slice(0, at);
    const policy = readDocument(text.slice(at + 1));
    if ((standing !== "accepted" && standing !== "refused") || typeof policy === "string") {
      return yield* new PolicyFileError({
        words: `${path} is damaged: no policy is in force until one is accepted anew`,
      });
    }
    const decision: Decision = { standing, policy };
    return decision;
  });

/** Replaces the last decision, whole. */
export const saveDecision = (journalDirectory: string, { standing, policy }: Decision) =>
  replaceText(decisionPath(journalDirectory), `${standing}\n${writeDocument(policy)}`, 0o600);

/** A document somewhere; nothing where there is no file. What is too long is read up to one more than allowed. */
export const readText = (path: string): Effect.Effect<string | undefined, PolicyFileError> =>
  Effect.tryPromise({
    try: () => bounded(path),
    catch: (error) => new PolicyFileError({ words: `${path} cannot be read: ${codeOf(error)}` }),
  });

/** Writes a file in place of another, in one moment. @param mode who may read it. */
export const replaceText = (path: string, text: string, mode: 0o600 | 0o644) =>
  Effect.tryPromise({
    try: () => replaceFile(path, text, mode),
    catch: (error) => new PolicyFileError({ words: `${path} cannot be written: ${codeOf(error)}` }),
  });

async function bounded(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(documentLimit + 16);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.toString("latin1", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
}
