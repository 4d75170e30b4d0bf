import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type { Answer } from "#agent/agent/control-socket.ts";
import type { Config } from "#agent/config/config.ts";
import type { StatusListen } from "#agent/config/status-options.ts";
import { pageReader } from "./page-reader.ts";
import { oncePageScripts } from "./page-script.ts";
import { passwordIn } from "./password-file.ts";
import type { Sampler } from "./sampler.ts";
import { webServer } from "./web-server.ts";

/** How long a page that could not be served waits before it tries again, in ms: doubled up to a minute. */
const retries = Schedule.min([Schedule.exponential(2000), Schedule.spaced(60_000)]);

/** What the page is made of. */
export interface StatusPageParts {
  readonly listen: StatusListen;
  readonly config: () => Config;
  readonly answer: Answer;
  readonly sampler: Sampler;
}

/**
 * Serves the status page until its scope ends. Where it cannot (the port is taken, the password's
 * file is open to others) it says why, once for each reason, and tries again: billing never waits for it.
 */
export const startStatusPage = Effect.fnUntraced(function* (parts: StatusPageParts) {
  let complaint = "";
  const life = Effect.gen(function* () {
    const { port } = yield* served(parts);
    complaint = "";
    yield* Effect.logInfo(`status page on http://${hostText(parts.listen)}:${port}/`);
    return yield* Effect.never;
  }).pipe(
    Effect.scoped,
    Effect.tapError(({ message }) => {
      if (message === complaint) return Effect.void;
      complaint = message;
      return Effect.logWarning(`no status page: ${message}`);
    }),
    Effect.retry(retries),
    Effect.catchCause((cause) => Effect.logError("the status page ended", cause)),
  );
  yield* Effect.forkScoped(life);
});

/** Listens; the password is read again at each start. */
export const served = Effect.fnUntraced(function* ({
  listen,
  config,
  answer,
  sampler,
}: StatusPageParts) {
  const { tokenFile, names } = config().status;
  const password = tokenFile === undefined ? undefined : yield* passwordIn(tokenFile);
  const hosts = [hostText(listen), "localhost", "127.0.0.1", "[::1]", ...names];
  const reader = pageReader({ answer, config, sampler, scripts: oncePageScripts() });
  return yield* webServer({ ...listen, hosts, password }, reader);
});

function hostText({ host }: StatusListen): string {
  return host.includes(":") ? `[${host.toLowerCase()}]` : host;
}
