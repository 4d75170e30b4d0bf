import { chmodSync, existsSync, unlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { toJson } from "./facts.ts";

/** The agent did not answer on its control socket. */
export class ControlError extends Data.TaggedError("ControlError")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/** The longest request, in bytes. */
export const requestLimit = 4096;

/** How many may be connected at once. */
export const connectionLimit = 16;

/** How long a request or an answer may take, in milliseconds. */
export const requestTime = 10_000;

/** The longest answer that is read, in bytes. */
const answerLimit = 4 * 1024 * 1024;

/** A request: a word and its arguments. */
export type Request = readonly [command: string, ...rest: readonly string[]];

/** Where an agent with this journal listens. */
export function controlPath(journalDirectory: string): string {
  return join(journalDirectory, "control.sock");
}

/**
 * Listens on a unix socket, mode 0600 in a directory of mode 0700: whoever may read the journal may
 * ask. One JSON line a request, one JSON line an answer. Ends with its scope.
 */
export const controlSocket = (
  path: string,
  answer: (request: Request) => Effect.Effect<unknown, ControlError>,
) =>
  Effect.acquireRelease(
    Effect.callback<() => void, ControlError>((resume) => {
      if (existsSync(path)) unlinkSync(path); // the journal's lock says that no other agent runs
      const server = createServer((socket) => serve(socket, answer));
      server.maxConnections = connectionLimit;
      server.on("error", (error) => {
        resume(Effect.fail(new ControlError({ words: `control socket: ${error.message}` })));
      });
      const before = process.umask(0o177);
      server.listen(path, () => {
        process.umask(before);
        chmodSync(path, 0o600);
        resume(Effect.succeed(() => server.close()));
      });
    }),
    (close) => Effect.sync(close),
  );

function serve(
  socket: Socket,
  answer: (request: Request) => Effect.Effect<unknown, ControlError>,
): void {
  let text = "";
  socket.setTimeout(requestTime, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (part: Buffer) => {
    text += part.toString("utf8");
    if (text.length > requestLimit) {
      socket.end(`${toJson({ error: `a request of more than ${requestLimit} bytes` })}\n`);
      return;
    }
    const end = text.indexOf("\n");
    if (end < 0) return;
    const request = parse(text.slice(0, end));
    text = "";
    const reply =
      request === undefined
        ? Effect.succeed({ error: "a request is a JSON list of texts" })
        : answer(request).pipe(
            Effect.map((value) => ({ ok: value })),
            Effect.catch((error) => Effect.succeed({ error: error.words })),
          );
    Effect.runFork(
      Effect.flatMap(reply, (value) => Effect.sync(() => socket.end(`${toJson(value)}\n`))),
    );
  });
}

function parse(line: string): Request | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value) || value.length === 0 || value.length > 8) return undefined;
    return value.every((one) => typeof one === "string")
      ? (value as unknown as Request)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Asks a running agent. Fails where none listens, or it refuses, with its words. */
export const askAgent = (path: string, request: Request): Effect.Effect<unknown, ControlError> =>
  Effect.callback((resume) => {
    const socket = connect(path);
    let text = "";
    const fail = (words: string): void => {
      socket.destroy();
      resume(Effect.fail(new ControlError({ words })));
    };
    socket.setTimeout(requestTime, () => fail("the agent did not answer in time"));
    socket.on("error", () => fail(`no agent listens on ${path}; is it running?`));
    socket.on("data", (part: Buffer) => {
      text += part.toString("utf8");
      if (text.length > answerLimit) fail("an answer that is too long");
    });
    socket.on("end", () => {
      try {
        const reply = JSON.parse(text) as { readonly ok?: unknown; readonly error?: string };
        if (reply.error !== undefined) fail(reply.error);
        else resume(Effect.succeed(reply.ok));
      } catch {
        fail("an answer that is no JSON");
      }
    });
    socket.write(`${JSON.stringify(request)}\n`);
    return Effect.sync(() => socket.destroy());
  });
