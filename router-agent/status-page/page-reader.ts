import * as Effect from "effect/Effect";
import type { Answer } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import type { Config } from "#agent/config/config.ts";
import { historyCsv } from "./history-csv.ts";
import { metricsText } from "./metrics-text.ts";
import { overview } from "./overview.ts";
import { pageMarkup } from "./page-markup.ts";
import type { PageScripts } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import type { Sampler } from "./sampler.ts";
import { type UsageReport, usageReport } from "./usage-report.ts";
import type { Reader, Reply } from "./web-server.ts";

/** Requests of the control socket that the page passes on: those that change nothing. */
export const readRequests = [
  "status",
  "peers",
  "refusals",
  "routes",
  "market",
  "incidents",
  "discovered",
  "history-stat",
] as const;

/** So long a reading of the history serves everybody, in ms: it is the only dear one. */
export const usageAge = 60_000;

/** Whence the page has what it shows. */
export interface ReaderSources {
  readonly answer: Answer;
  readonly config: () => Config;
  readonly sampler: Sampler;
  /** Read when a browser first asks for one: most routers are not looked at. Throws as files do. */
  readonly scripts: () => PageScripts;
}

/** Answers every path there is. Nothing here changes anything. */
export function pageReader(sources: ReaderSources): Reader {
  const { answer, config, sampler, scripts } = sources;
  const usage = agedUsage(answer, config);
  return (path) => {
    if (/\.[jt]s$/.test(path)) return script(scripts, path);
    switch (path) {
      case "/":
        return reply("text/html; charset=utf-8", pageMarkup);
      case "/page.css":
        return reply("text/css; charset=utf-8", pageStyle);
      case "/metrics":
        return Effect.flatMap(metricsText(answer, config()), (text) =>
          reply("text/plain; version=0.0.4; charset=utf-8", text),
        );
      case "/history.csv":
        return Effect.flatMap(historyCsv(answer), (text) => reply("text/csv; charset=utf-8", text));
      case "/api/overview":
        return Effect.flatMap(usage, (known) =>
          Effect.flatMap(
            overview(answer, {
              config: config(),
              usage: known,
              samples: sampler.samples(),
              now: Date.now() / 1000,
            }),
            json,
          ),
        );
      case "/api/channels":
        return Effect.flatMap(answer(["channel", "status"]), json);
      default:
        return passedOn(answer, path);
    }
  };
}

function passedOn(answer: Answer, path: string): Effect.Effect<Reply, { readonly words: string }> {
  const request = readRequests.find((one) => path === `/api/${one}`);
  if (request !== undefined) return Effect.flatMap(answer([request]), json);
  return noPage;
}

function script(
  scripts: () => PageScripts,
  path: string,
): Effect.Effect<Reply, { readonly words: string }> {
  return Effect.try({
    try: () => scripts().get(path),
    catch: (error) => ({ words: `a file of the page is missing: ${String(error)}` }),
  }).pipe(
    Effect.flatMap((text) =>
      text === undefined ? noPage : reply("text/javascript; charset=utf-8", text),
    ),
  );
}

const noPage: Effect.Effect<Reply> = Effect.succeed({
  status: 404,
  type: "text/plain; charset=utf-8",
  body: "no such page\n",
});

function reply(type: string, body: string): Effect.Effect<Reply> {
  return Effect.succeed({ status: 200, type, body });
}

function json(value: unknown): Effect.Effect<Reply> {
  return reply("application/json; charset=utf-8", `${toJson(value)}\n`);
}

/** One reading at a time, and one for everybody within {@link usageAge}; why there is none is said. */
function agedUsage(answer: Answer, config: () => Config): Effect.Effect<UsageReport> {
  let known: { readonly report: UsageReport; readonly at: number } | undefined;
  let reading = false;
  const none = (missing: string): UsageReport => ({ missing, hours: [], payments: [] });
  return Effect.suspend(() => {
    if (!config().history.on) {
      return Effect.succeed(none("history is off: the configuration says so (option history)"));
    }
    const fresh = known !== undefined && performance.now() - known.at < usageAge;
    if (fresh || reading) return Effect.succeed(known?.report ?? none("history is being read"));
    reading = true;
    return usageReport(answer, config().neighbours.length, Date.now() / 1000).pipe(
      Effect.catch(({ words }) => Effect.succeed(none(words))),
      Effect.tap((report) =>
        Effect.sync(() => {
          // Of what went wrong nothing is kept: the next look may find it right.
          if (report.missing === undefined) known = { report, at: performance.now() };
        }),
      ),
      Effect.ensuring(
        Effect.sync(() => {
          reading = false;
        }),
      ),
    );
  });
}
