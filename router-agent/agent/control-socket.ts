import { chmodSync, existsSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { toJson } from "./facts.ts";

/** Why the agent cannot be asked, or did not do what it was asked. */
export type ControlProblem = "absent" | "denied" | "too slow" | "malformed" | "refused";

/** A request on the control socket failed; `words` say why and what to do. */
export class ControlError extends Data.TaggedError("ControlError")<{
  readonly problem: ControlProblem;
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The longest request, in bytes, with the line's end. */
export const requestLimit = 4096;

/** How many words a request has at most. */
export const wordLimit = 8;

/** How many may be connected at once; the next one is turned away. */
export const connectionLimit = 16;

/** How long a connection may last, from its first moment to the end of the answer, in ms. */
export const requestTime = 10_000;

/** The longest answer that is read, in bytes. */
export const answerLimit = 4 * 1024 * 1024;

/** The longest path of a unix socket, in bytes (unix(7): 108 with the final zero). */
export const socketPathLimit = 107;

/** A request: a word and its arguments. */
export type Request = readonly [command: string, ...rest: readonly string[]];

/** Whoever answers requests; its errors carry words. */
export type Answer = (request: Request) => Effect.Effect<unknown, { readonly words: string }>;

/** Where an agent with this journal listens. */
export function controlPath(journalDirectory: string): string {
  return join(journalDirectory, "control.sock");
}

/**
 * Listens on a unix socket, mode 0600 in a directory of mode 0700: whoever may read the journal may
 * ask. A connection carries one JSON line, the request, and one JSON line back, the answer:
 * `{"ok": ...}` or `{"error": "words"}`. Ends with its scope, and cuts whoever is still connected.
 * @param time how long a connection may last, in ms.
 */
export const controlSocket = (path: string, answer: Answer, time = requestTime) =>
  Effect.acquireRelease(listen(path, answer, time), (close) =>
    Effect.andThen(Effect.sleep(lastWords), Effect.sync(close)),
  );

/** Whoever told the agent to stop hears that it does, in milliseconds. */
const lastWords = 50;

const listen = (path: string, answer: Answer, time: number) =>
  Effect.callback<() => void, ControlError>((resume) => {
    const refuse = (words: string): void =>
      resume(Effect.fail(new ControlError({ problem: "malformed", words })));
    if (Buffer.byteLength(path) > socketPathLimit) {
      return refuse(
        `the control socket ${path} has ${Buffer.byteLength(path)} bytes, allowed are ${socketPathLimit}: choose a shorter journal directory`,
      );
    }
    if (existsSync(path)) unlinkSync(path); // the journal's lock says that no other agent runs
    const sockets = new Set<Socket>();
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      serve(socket, answer, time);
    });
    server.maxConnections = connectionLimit;
    server.on("error", (error) => refuse(`control socket: ${error.message}`));
    server.listen(path, () => {
      chmodSync(path, 0o600); // until here the directory, 0700, kept others out
      resume(
        Effect.succeed(() => {
          server.close();
          for (const socket of sockets) socket.destroySoon(); // after what is written
        }),
      );
    });
  });

/** Reads one line, answers once, and hangs up; a caller that takes too long is cut off. */
function serve(socket: Socket, answer: Answer, time: number): void {
  const parts: Buffer[] = [];
  let size = 0;
  let heard = false;
  const deadline = setTimeout(() => socket.destroy(), time);
  socket.on("close", () => clearTimeout(deadline));
  socket.on("error", () => socket.destroy());
  socket.on("end", () => {
    if (!heard) socket.destroy(); // it has said all it will say, and that is no request
  });
  const reply = (value: unknown): void => {
    if (!socket.destroyed) socket.end(`${toJson(value)}\n`);
  };
  socket.on("data", (part: Buffer) => {
    if (heard) return;
    parts.push(part);
    size += part.length;
    heard = part.includes(0x0a) || size > requestLimit;
    if (!heard) return;
    if (size > requestLimit) {
      return reply({ error: `a request has at most ${requestLimit} bytes, found more` });
    }
    const request = parse(Buffer.concat(parts).toString("utf8").split("\n", 1)[0] ?? "");
    if (request === undefined) {
      return reply({ error: `a request is a JSON list of 1 to ${wordLimit} texts` });
    }
    Effect.runFork(
      answer(request).pipe(
        Effect.map((value) => ({ ok: value ?? null })),
        Effect.catch((error) => Effect.succeed({ error: error.words })),
        Effect.catchDefect((defect) => Effect.succeed({ error: `a fault: ${String(defect)}` })),
        Effect.flatMap((value) => Effect.sync(() => reply(value))),
      ),
    );
  });
}

function parse(line: string): Request | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value) || value.length === 0 || value.length > wordLimit) return undefined;
    return value.every((one) => typeof one === "string")
      ? (value as unknown as Request)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Asks a running agent. Fails with "absent" where none listens, "refused" where it says no. */
export const askAgent = (path: string, request: Request): Effect.Effect<unknown, ControlError> =>
  Effect.callback((resume) => {
    const socket = connect(path);
    const parts: Buffer[] = [];
    let size = 0;
    const fail = (problem: ControlProblem, words: string): void => {
      socket.destroy();
      resume(Effect.fail(new ControlError({ problem, words })));
    };
    const deadline = setTimeout(
      () => fail("too slow", `the agent on ${path} did not answer in ${requestTime / 1000} s`),
      requestTime,
    );
    socket.on("close", () => clearTimeout(deadline));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EACCES" || error.code === "EPERM") {
        return fail("denied", `${path} belongs to another user: ask as the user of the agent`);
      }
      fail("absent", `no agent listens on ${path}; is it running?`);
    });
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size > answerLimit) fail("malformed", "the agent's answer is too long");
    });
    socket.on("end", () => {
      const reply = parseReply(Buffer.concat(parts).toString("utf8"));
      if (reply === undefined) fail("malformed", "the agent hung up without an answer");
      else if (reply.error !== undefined) fail("refused", reply.error);
      else resume(Effect.succeed(reply.ok));
    });
    socket.write(`${JSON.stringify(request)}\n`);
    return Effect.sync(() => socket.destroy());
  });

function parseReply(text: string): { readonly ok?: unknown; readonly error?: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { ok, error } = value as { readonly ok?: unknown; readonly error?: unknown };
    if (error === undefined) return { ok };
    return typeof error === "string" ? { error } : undefined;
  } catch {
    return undefined;
  }
}
