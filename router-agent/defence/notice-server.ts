import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/** The notice cannot be shown; `words` say why. */
export class NoticeError extends Data.TaggedError("NoticeError")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/** What a caller may take. */
export const noticeLimits = {
  connections: 64,
  headerBytes: 8192,
  /** Milliseconds until the headers are there, and of a whole connection. */
  headerTime: 5000,
  connectionTime: 10_000,
} as const;

/** Says nothing about who asks, what of, or what is owed: only what to do. */
const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Slow until topped up</title></head><body>
<h1>Slow until topped up</h1>
<p>The balance of this router runs low, so its own users have the free rate until it is topped up.
Nothing is wrong with your device. Whoever looks after the router can see more with
<code>meshtoll status</code>.</p>
</body></html>
`;

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "retry-after": "60",
  connection: "close",
} as const;

/**
 * A listener that gives every request the same notice, whatever it asks for, and takes no data of it:
 * 503, so that nobody keeps it in place of what was asked (RFC 9110, section 15.6.4). Ends with its scope.
 */
export const noticeServer = (host: string, port: number) =>
  Effect.acquireRelease(listen(host, port), ({ close }) => Effect.sync(close));

const listen = (host: string, port: number) =>
  Effect.callback<{ readonly close: () => void }, NoticeError>((resume) => {
    const sockets = new Set<Socket>();
    const server: Server = createServer(
      {
        maxHeaderSize: noticeLimits.headerBytes,
        headersTimeout: noticeLimits.headerTime,
        requestTimeout: noticeLimits.headerTime,
        requireHostHeader: false,
      },
      (request, response) => {
        request.resume().on("error", () => {}); // a body is not read
        response.on("error", () => {});
        response.writeHead(503, headers);
        response.end(request.method === "HEAD" ? undefined : page);
      },
    );
    server.maxConnections = noticeLimits.connections;
    server.maxRequestsPerSocket = 1;
    server.on("connection", (socket) => {
      sockets.add(socket);
      const end = setTimeout(() => socket.destroy(), noticeLimits.connectionTime);
      end.unref();
      socket.on("close", () => {
        clearTimeout(end);
        sockets.delete(socket);
      });
    });
    server.on("clientError", (_, socket) => socket.destroy());
    server.on("error", (error: NodeJS.ErrnoException) => {
      const words = `the notice cannot listen on ${host} port ${port}: ${error.code ?? error.message}`;
      resume(Effect.fail(new NoticeError({ words })));
    });
    server.listen({ host, port, exclusive: true }, () => {
      const close = (): void => {
        server.close();
        for (const socket of sockets) socket.destroy();
      };
      resume(Effect.succeed({ close }));
    });
  });
