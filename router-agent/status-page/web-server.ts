import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import { type Door, type DoorOptions, door } from "./door.ts";

/** What is sent back. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers what came through the door. Its failures are words for the caller. */
export type Reader = (
  path: string,
  query: URLSearchParams,
) => Effect.Effect<Reply, { readonly words: string }>;

/** The page cannot be served; `words` say why. */
export class WebServerError extends Data.TaggedError("WebServerError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** What a caller may take, so that a router serves its neighbours whoever asks for its page. */
export const webLimits = {
  /** Connections at once; the next one is turned away. */
  connections: 24,
  /** Bytes of all headers of a request. */
  headerBytes: 8192,
  /** Milliseconds until the headers are there, however they drip. */
  headerTime: 5000,
  /** Milliseconds that a connection may wait for another request. */
  idleTime: 10_000,
  /** Milliseconds that a connection may last: a reader that drips ends here too. */
  connectionTime: 60_000,
  requestsPerConnection: 200,
} as const;

/** Limits as a test may choose them. */
export type WebLimits = { readonly [K in keyof typeof webLimits]: number };

/**
 * Said with every answer. Scripts, styles and data come from here and nowhere else, and no page of
 * another site may show, read or frame this one.
 */
const everyHeader = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/** Where to listen, and who may come in. */
export interface WebPlace extends DoorOptions {
  readonly host: string;
  readonly port: number;
}

/** Listens until its scope ends; then it cuts whoever is still connected. Returns the port. */
export const webServer = (place: WebPlace, read: Reader, limits: WebLimits = webLimits) =>
  Effect.acquireRelease(listen(place, read, limits), ({ close }) => Effect.sync(close));

interface Listening {
  readonly port: number;
  readonly close: () => void;
}

const listen = (place: WebPlace, read: Reader, limits: WebLimits) =>
  Effect.callback<Listening, WebServerError>((resume) => {
    const sockets = new Set<Socket>();
    const enter = door(place, performance.now());
    const server: Server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        headersTimeout: limits.headerTime,
        requestTimeout: limits.headerTime,
        keepAliveTimeout: limits.idleTime,
        connectionsCheckingInterval: Math.ceil(limits.headerTime / 5),
        requireHostHeader: false, // the door asks, in its turn
      },
      (request, response) => serve(enter, read, request, response),
    );
    server.maxConnections = limits.connections;
    server.maxRequestsPerSocket = limits.requestsPerConnection;
    server.on("connection", (socket) => {
      sockets.add(socket);
      const end = setTimeout(() => socket.destroy(), limits.connectionTime);
      end.unref();
      socket.on("close", () => {
        clearTimeout(end);
        sockets.delete(socket);
      });
    });
    // 'connect' and 'upgrade' without a listener end the connection; so does what is no request.
    server.on("clientError", (_, socket) => socket.destroy());
    server.on("error", (error: NodeJS.ErrnoException) => {
      const words = `the status page cannot listen on ${place.host} port ${place.port}: ${error.code ?? error.message}`;
      resume(Effect.fail(new WebServerError({ words })));
    });
    server.listen({ host: place.host, port: place.port, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : place.port;
      const close = (): void => {
        server.close();
        for (const socket of sockets) socket.destroy();
      };
      resume(Effect.succeed({ port, close }));
    });
  });

function serve(
  enter: Door,
  read: Reader,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { headers, method = "", url = "" } = request;
  const { host, authorization } = headers;
  const length = headers["content-length"];
  const body = headers["transfer-encoding"] !== undefined || (length ?? "0") !== "0";
  const entry = enter({ method, target: url, host, authorization, body }, performance.now());
  if (entry.kind === "out") {
    const challenge =
      entry.status === 401 ? { "www-authenticate": 'Basic realm="meshtoll", charset="UTF-8"' } : {};
    // What a refused caller would still send is not waited for.
    return send(request, response, plain(entry.status, entry.words), {
      ...challenge,
      connection: "close",
    });
  }
  const answered = read(entry.path, entry.query).pipe(
    Effect.catch(({ words }) => Effect.succeed(plain(503, words))),
    Effect.catchDefect((defect) => Effect.succeed(plain(500, `a fault: ${String(defect)}`))),
  );
  const fiber = Effect.runFork(
    Effect.flatMap(answered, (reply) => Effect.sync(() => send(request, response, reply, {}))),
  );
  // Whoever hung up needs no answer.
  response.on("close", () => fiber.interruptUnsafe());
}

function plain(status: number, words: string): Reply {
  return { status, type: "text/plain; charset=utf-8", body: `${words}\n` };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body }: Reply,
  more: Readonly<Record<string, string>>,
): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...everyHeader,
    "content-type": type,
    "content-length": bytes.length,
    ...more,
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}
