import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { type CommandError, run } from "#adapters/command/command.ts";
import { htbLines, probeLeaf, standingClassLines, transmitQueue } from "./htb.ts";
import { limitLines, standingLines, type TableOptions, tableLines } from "./nft-table.ts";
import { cleanRoutes, routeBatches } from "./policy-routes.ts";
import {
  Queueing,
  QueueingError,
  type QueuePlan,
  type QueueRoute,
  type QuotaUsage,
} from "./queueing.ts";

/** Which resources belong to this agent. */
export interface QueueingOptions extends TableOptions {
  /** First of the four routing tables, rule preferences and marks that belong to the agent. */
  readonly base: number;
}

/** Queues by HTB, limits by nft, detours by policy routing. */
export const kernelQueueing = (options: QueueingOptions): Layer.Layer<Queueing> =>
  Layer.sync(Queueing, () => {
    let plans: readonly QueuePlan[] = [];
    const standings = new Map<number, "open" | "throttled">();
    const clean = cleanAll(options);
    return Queueing.of({
      attach: (wanted, routes) =>
        clean.pipe(
          Effect.andThen(Effect.sync(() => remember(wanted))),
          Effect.andThen(attach(options, wanted, routes)),
        ),
      mend: (plan, routes) =>
        attachTunnels(options, [plan], routes, false).pipe(
          Effect.andThen(
            standings.get(plan.index) === "throttled"
              ? setStanding(options, plan, "throttled")
              : Effect.void,
          ),
        ),
      setStanding: (plan, standing) =>
        setStanding(options, plan, standing).pipe(
          Effect.andThen(Effect.sync(() => standings.set(plan.index, standing))),
          Effect.asVoid,
        ),
      usage: readUsage(options),
      setLimits: (before, quotas, gates) => {
        const text = limitLines(options, plans, standings, before, quotas, gates).join("\n");
        return text === "" ? Effect.void : nft(text);
      },
      clean,
    });
    function remember(wanted: readonly QueuePlan[]): void {
      plans = wanted;
      standings.clear();
    }
  });

const asQueueingError = (error: CommandError): QueueingError =>
  new QueueingError({ words: error.words });

const nft = (text: string): Effect.Effect<void, QueueingError> =>
  run("nft", ["-f", "-"], `${text}\n`).pipe(Effect.asVoid, Effect.mapError(asQueueingError));

const attach = Effect.fnUntraced(function* (
  options: QueueingOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
) {
  // The table first: from its first moment on paid classes are closed.
  yield* nft(tableLines(options, plans).join("\n"));
  yield* attachTunnels(options, plans, routes, true);
});

const attachTunnels = Effect.fnUntraced(function* (
  options: QueueingOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
  withRules: boolean,
) {
  for (const { family, lines } of routeBatches(options, plans, routes, withRules)) {
    if (lines.length === 0) continue;
    const batch = run("ip", [family, "-batch", "-"], `${lines.join("\n")}\n`);
    yield* batch.pipe(Effect.mapError(asQueueingError));
  }
  for (const plan of plans) {
    for (const [i, name] of plan.interfaces.entries()) {
      yield* ip(["link", "set", "dev", name, "txqueuelen", String(transmitQueue)]);
      // HTB cannot be replaced by HTB: what an earlier run attached goes first.
      yield* tc([`qdisc delete dev ${name} root`]).pipe(Effect.ignore);
      const leaf = yield* probeLeaf(name, plan.linkRate);
      yield* tc(htbLines(name, i === 0, plan, leaf));
    }
  }
});

const ip = (args: readonly string[]) => run("ip", args).pipe(Effect.mapError(asQueueingError));

const tc = (lines: readonly string[]) =>
  run("tc", ["-batch", "-"], `${lines.join("\n")}\n`).pipe(Effect.mapError(asQueueingError));

const setStanding = Effect.fnUntraced(function* (
  options: QueueingOptions,
  plan: QueuePlan,
  standing: "open" | "throttled",
) {
  yield* nft(standingLines(options, plan, standing).join("\n"));
  yield* tc(
    plan.interfaces.flatMap((name, i) => standingClassLines(name, i === 0, plan, standing)),
  );
});

/** A missing table means that nothing was counted. */
const readUsage = (options: QueueingOptions): Effect.Effect<QuotaUsage, QueueingError> =>
  run("nft", ["-j", "list", "quotas", "table", "inet", options.table]).pipe(
    Effect.mapError(asQueueingError),
    Effect.flatMap((text) =>
      Effect.try({
        try: () => parseUsage(text),
        catch: () => new QueueingError({ words: "nft printed quotas in another form" }),
      }),
    ),
  );

function parseUsage(text: string): QuotaUsage {
  const parsed: unknown = JSON.parse(text);
  const list = (parsed as { readonly nftables?: unknown }).nftables;
  if (!Array.isArray(list)) throw new TypeError("no list");
  const usage = new Map<string, { readonly used: bigint; readonly limit: bigint }>();
  for (const item of list) {
    const quota = (item as { readonly quota?: unknown }).quota as
      | { readonly name?: unknown; readonly bytes?: unknown; readonly used?: unknown }
      | undefined;
    if (quota === undefined) continue;
    const { name, bytes, used } = quota;
    if (typeof name !== "string" || !isCount(bytes) || !isCount(used)) throw new TypeError("form");
    usage.set(name, { used: BigInt(used), limit: BigInt(bytes) });
  }
  return usage;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const cleanAll = Effect.fnUntraced(function* (options: QueueingOptions) {
  const tables = yield* run("nft", ["list", "tables"]).pipe(Effect.mapError(asQueueingError));
  if (tables.split("\n").includes(`table inet ${options.table}`)) {
    yield* nft(`delete table inet ${options.table}`);
  }
  yield* cleanRoutes(options).pipe(Effect.mapError(asQueueingError));
});
