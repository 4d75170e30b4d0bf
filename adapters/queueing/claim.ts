import { createServer } from "node:net";
import * as Effect from "effect/Effect";
import { QueueingError } from "./queueing.ts";

/**
 * Claims a name within this network namespace for as long as the scope lasts: two agents that share
 * tables, rules or interfaces would undo each other's work. The claim is a socket with a name in the
 * abstract namespace (unix(7)), which the kernel gives up however the process ends.
 */
export const claim = (what: string) =>
  Effect.acquireRelease(
    Effect.callback<() => void, QueueingError>((resume) => {
      const server = createServer((socket) => socket.destroy());
      server.unref();
      server.on("error", (error: NodeJS.ErrnoException) => {
        const words =
          error.code === "EADDRINUSE"
            ? `another agent uses ${what} in this network namespace: stop it, or run this one in a namespace of its own`
            : `${what} cannot be claimed: ${error.code ?? error.message}`;
        resume(Effect.fail(new QueueingError({ words })));
      });
      server.listen(`\0meshtoll ${what}`, () => resume(Effect.succeed(() => server.close())));
    }),
    (release) => Effect.sync(release),
  );
