import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import type * as Scope from "effect/Scope";
import { directoryCommits } from "#adapters/index/commit-source.ts";
import type { HistoryPage, HistoryQuery } from "#adapters/index/history-index.ts";
import { type HistoryRow, historyKinds } from "#adapters/index/history-row.ts";
import { journalHistory } from "#adapters/index/journal-history.ts";
import { readCivilNotes } from "#adapters/journal/civil-notes.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { type History, openHistory } from "#agent/agent/history.ts";
import { queryText } from "#agent/agent/history-request.ts";
import type { Config } from "#agent/config/config.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { csvHead, csvLine, type NamedRow, tableLine } from "./history-lines.ts";
import { journalErrorOf } from "./ledger-source.ts";
import { findNeighbour, nameOf, nodeStatus } from "./node-status.ts";

const time = (name: string, words: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(`${words}: UTC, as 2026-11-20 or 2026-11-20T18:30`),
    Flag.optional,
  );

/** `history`: what happened, by hour and neighbour. */
export const historyCommand = Command.make(
  "history",
  {
    config: configFlag,
    json: jsonFlag,
    csv: Flag.Boolean("csv").pipe(
      Flag.withDescription("Print CSV, bytes and grains as digits"),
      Flag.withDefault(false),
    ),
    peer: Flag.String("peer").pipe(
      Flag.withDescription("A neighbour's name or node id; without it all of them"),
      Flag.optional,
    ),
    from: time("from", "From then on"),
    to: time("to", "Before then"),
    kind: Flag.Literals("kind", historyKinds).pipe(
      Flag.withDescription("Only usage, payment, lease or notice"),
      Flag.optional,
    ),
  },
  Effect.fn(function* (flags) {
    const config = yield* loadConfig(flags.config);
    const asked = {
      from: yield* secondsOf("from", flags.from),
      to: yield* secondsOf("to", flags.to),
      kinds: Option.match(flags.kind, { onNone: () => undefined, onSome: (one) => [one] }),
    };
    if (flags.csv && flags.json) return yield* refused("--csv or --json, not both");
    const status = yield* nodeStatus(config);
    const numbers = Option.isSome(flags.peer)
      ? [yield* findNeighbour(flags.peer.value, status)]
      : status.neighbours.map((_, i) => i);
    const { directory } = config.journal;
    const own = yield* Effect.cached(openHistory(config, directoryCommits(directory)));
    const print = printer(config, flags);
    yield* print.begin;
    for (const neighbour of numbers) {
      const peer = nameOf(status.neighbours[neighbour]?.id ?? "", status);
      const told = (rows: readonly HistoryRow[]) =>
        print.rows(rows.map((row): NamedRow => ({ peer, row })));
      yield* everyPage({ config, own }, { neighbour, ...asked }, told);
    }
    yield* print.end;
  }, Effect.scoped),
).pipe(Command.withDescription("Show usage by hour, payments, leases and notices, oldest first"));

const refused = (words: string) => Effect.fail(new ControlError({ problem: "refused", words }));

/** Where history comes from while no agent runs: opened when it is first needed, and once. */
interface Source {
  readonly config: Config;
  readonly own: Effect.Effect<History, never, Scope.Scope>;
}

/** All rows of a query, page by page: from the agent, from its index, or from the journal itself. */
const everyPage = Effect.fnUntraced(function* (
  { config, own }: Source,
  query: HistoryQuery,
  told: (rows: readonly HistoryRow[]) => Effect.Effect<void>,
) {
  const { directory } = config.journal;
  if (config.history === undefined) {
    const rows = yield* Effect.try({
      try: () => journalHistory(readCommits(directory), readCivilNotes(directory), query),
      catch: journalErrorOf(directory),
    });
    return yield* told(rows);
  }
  for (let after: HistoryQuery["after"]; ; ) {
    const next: HistoryQuery = { ...query, after };
    const page = yield* askAgent(controlPath(directory), ["history", queryText(next)]).pipe(
      Effect.map(pageOf),
      Effect.catchIf(
        ({ problem }) => problem === "absent",
        () =>
          Effect.flatMap(own, (history) => history.page(next)).pipe(
            Effect.mapError(({ words }) => new ControlError({ problem: "refused", words })),
          ),
      ),
    );
    yield* told(page.rows);
    if (page.next === undefined) return;
    after = page.next;
  }
});

/** The page of an agent's answer, whose integers came as decimal texts. */
function pageOf(answer: unknown): HistoryPage {
  const { rows, next } = answer as {
    readonly rows: readonly Readonly<Record<string, unknown>>[];
    readonly next?: HistoryPage["next"];
  };
  const whole = (row: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        const isNumber = typeof value === "string" && /^[0-9]+$/.test(value);
        return [name, isNumber ? BigInt(value) : value];
      }),
    );
  return { rows: rows.map((row) => whole(row) as unknown as HistoryRow), next };
}

/** Rows as they come: a journal may have more of them than memory. */
function printer(config: Config, { csv, json }: { readonly csv: boolean; readonly json: boolean }) {
  let count = 0;
  const line = (one: NamedRow): string => {
    count += 1;
    if (csv) return csvLine(one);
    if (!json) return tableLine(one, config.token);
    return `${count === 1 ? "" : ","}${toJson({ peer: one.peer, ...one.row })}`;
  };
  return {
    begin: csv ? Console.log(csvHead) : json ? Console.log("[") : Effect.void,
    rows: (rows: readonly NamedRow[]) =>
      rows.length === 0 ? Effect.void : Console.log(rows.map(line).join("\n")),
    end: Effect.suspend(() => {
      if (json) return Console.log("]");
      return count === 0 && !csv ? Console.log("nothing in that time") : Effect.void;
    }),
  };
}

const dayOrMinute = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?Z?$/;

const secondsOf = (name: string, text: Option.Option<string>) => {
  if (Option.isNone(text)) return Effect.succeed(undefined);
  const iso = text.value.replace(/Z$/, "");
  const at = dayOrMinute.test(text.value)
    ? Date.parse(`${iso.length === 10 ? `${iso}T00:00` : iso}Z`)
    : Number.NaN;
  if (at >= 0) return Effect.succeed(at / 1000);
  return refused(
    `--${name} ${JSON.stringify(text.value.slice(0, 40))}: allowed is a day or a minute, UTC, as 2026-11-20 or 2026-11-20T18:30`,
  );
};

/** `journal reindex`: the index of history, made anew. */
export const reindexCommand = Command.make(
  "reindex",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const { directory } = config.journal;
    const made = yield* askAgent(controlPath(directory), ["reindex"]).pipe(
      Effect.catchIf(
        ({ problem }) => problem === "absent",
        () =>
          openHistory(config, directoryCommits(directory)).pipe(
            Effect.andThen((history) => history.reindex),
            Effect.mapError(({ words }) => new ControlError({ problem: "refused", words })),
          ),
      ),
    );
    if (json) return yield* Console.log(toJson(made));
    const { commits, rebuilt } = made as {
      readonly commits: number;
      readonly rebuilt?: { readonly kept: number; readonly lost: number };
    };
    yield* Console.log(
      `${commits} commits counted; of those that the journal gave up, ${rebuilt?.kept ?? 0} rows kept and ${rebuilt?.lost ?? 0} lost`,
    );
  }, Effect.scoped),
).pipe(Command.withDescription("Make the index of history anew from the journal; loses nothing"));
