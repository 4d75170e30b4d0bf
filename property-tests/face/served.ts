import { connect, type Socket } from "node:net";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  type Reader,
  type WebLimits,
  webLimits,
  webServer,
} from "#agent/status-page/web-server.ts";

/** What a test chooses of a server; the rest is as an agent has it. */
export interface ServedOptions {
  readonly password?: string;
  readonly limits?: Partial<WebLimits>;
}

/** Serves on a port of its own while a story is told. */
export async function served(
  read: Reader,
  story: (port: number) => Promise<void>,
  { password, limits }: ServedOptions = {},
): Promise<void> {
  const up = Deferred.makeUnsafe<number>();
  const place = { host: "127.0.0.1", port: 0, hosts: ["127.0.0.1"], password };
  const life = Effect.gen(function* () {
    const { port } = yield* webServer(place, read, { ...webLimits, ...limits });
    yield* Deferred.succeed(up, port);
    return yield* Effect.never;
  });
  const fiber = Effect.runFork(Effect.scoped(life));
  try {
    await story(await Effect.runPromise(Deferred.await(up)));
  } finally {
    await Effect.runPromise(Fiber.interrupt(fiber));
  }
}

/** Everything that comes back until the other side hangs up. */
export function heard(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (part: Buffer) => {
      text += part.toString("latin1");
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}

/** Sends bytes as they are, and waits until the other side hangs up. */
export function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const answer = heard(socket);
  socket.write(text, "latin1");
  return answer;
}
