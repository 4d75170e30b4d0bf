import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { type CommandError, run } from "#adapters/command/command.ts";
import { htbLines, type LeafKind, probeLeaf, standingQueueLines, transmitQueue } from "./htb.ts";
import { limitLines } from "./nft-limits.ts";
import { standingLines, type TableOptions, tableLines, tunnelSet } from "./nft-table.ts";
import { planFault } from "./plan-fault.ts";
import { cleanRoutes, installRoutes, mendRoutes } from "./policy-routes.ts";
import { Queueing, QueueingError, type QueuePlan } from "./queueing.ts";
import { parseNames, parseUsage } from "./quota-usage.ts";

/** Which resources belong to this agent. */
export interface QueueingOptions extends TableOptions {
  /** First of two routing tables and two rule preferences that belong to the agent. */
  readonly base: number;
}

type Standing = "open" | "throttled";

/** What an agent remembers about what it attached. */
interface Attached {
  readonly plans: readonly QueuePlan[];
  readonly leaf: LeafKind;
  readonly standings: Map<number, Standing>;
}

/**
 * Queues by HTB, limits by nft, detours by policy routing. At no moment may paid bytes pass
 * uncounted: the table comes before the routes, and goes after them.
 */
export const kernelQueueing = (options: QueueingOptions): Layer.Layer<Queueing> =>
  Layer.sync(Queueing, () => {
    let attached: Attached | undefined;
    const plans = () => attached?.plans ?? [];
    return Queueing.of({
      attach: Effect.fnUntraced(function* (wanted, routes) {
        const fault = planFault(wanted, routes);
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        yield* nft(tableLines(options, wanted));
        yield* asQueueing(installRoutes(options, wanted, routes));
        const leaf = yield* attachQueues(wanted);
        attached = { plans: wanted, leaf, standings: new Map() };
      }),
      mend: Effect.fnUntraced(function* (plan, routes) {
        const fault = planFault(
          [plan],
          routes.filter(({ index }) => index === plan.index),
        );
        if (fault !== undefined) return yield* new QueueingError({ words: fault });
        yield* asQueueing(mendRoutes(options, plan, routes));
        const leaf = yield* attachQueues([plan]);
        if (attached?.standings.get(plan.index) === "throttled") {
          yield* tc(queueLines(plan, "throttled", leaf));
        }
      }),
      setStanding: Effect.fnUntraced(function* (plan, standing) {
        if (!plans().some((one) => one.index === plan.index)) {
          return yield* new QueueingError({ words: `neighbour ${plan.index} is not attached` });
        }
        yield* nft(standingLines(options, plan, standing));
        attached?.standings.set(plan.index, standing);
        // A tunnel that vanished keeps nobody from changing the others.
        yield* tc(queueLines(plan, standing, attached?.leaf ?? "bfifo"), ["-force"]);
      }),
      usage: Effect.suspend(() => readUsage(options, attached)),
      setLimits: (before, quotas, gates) =>
        Effect.try({
          try: () => limitLines(options, plans(), before, quotas, gates),
          catch: (error) => error as QueueingError,
        }).pipe(Effect.flatMap(nft)),
      clean: Effect.suspend(() => clean(options, plans())).pipe(
        Effect.andThen(
          Effect.sync(() => {
            attached = undefined;
          }),
        ),
      ),
    });
  });

const asQueueing = <A, R>(
  effect: Effect.Effect<A, CommandError, R>,
): Effect.Effect<A, QueueingError, R> =>
  Effect.mapError(effect, ({ words }) => new QueueingError({ words }));

/** One transaction: all of it or nothing. */
const nft = (lines: readonly string[]): Effect.Effect<void, QueueingError> =>
  lines.length === 0
    ? Effect.void
    : asQueueing(Effect.asVoid(run("nft", ["-f", "-"], `${lines.join("\n")}\n`)));

const tc = (
  lines: readonly string[],
  flags: readonly string[] = [],
): Effect.Effect<void, QueueingError> =>
  asQueueing(Effect.asVoid(run("tc", [...flags, "-batch", "-"], `${lines.join("\n")}\n`)));

const removeQueues = (names: readonly string[]) =>
  Effect.ignore(
    tc(
      names.map((name) => `qdisc delete dev ${name} root`),
      ["-force"],
    ),
  );

const attachQueues = Effect.fnUntraced(function* (plans: readonly QueuePlan[]) {
  const names = plans.flatMap((plan) => plan.interfaces);
  const [first] = names;
  if (first === undefined) return "bfifo";
  const lines = names.map((name) => `link set dev ${name} txqueuelen ${transmitQueue}`);
  yield* asQueueing(run("ip", ["-batch", "-"], `${lines.join("\n")}\n`));
  // HTB cannot be replaced by HTB: what an earlier run attached goes first.
  yield* removeQueues(names);
  const leaf = yield* probeLeaf(first);
  yield* tc(
    plans.flatMap((plan) =>
      plan.interfaces.flatMap((name, i) => htbLines(name, i === 0, plan, leaf)),
    ),
  );
  return leaf;
});

function queueLines(plan: QueuePlan, standing: Standing, leaf: LeafKind): readonly string[] {
  return plan.interfaces.flatMap((name, i) =>
    standingQueueLines(name, i === 0, plan, standing, leaf),
  );
}

const listQuotas = (options: QueueingOptions) =>
  asQueueing(run("nft", ["-j", "list", "quotas", "table", "inet", options.table]));

/** Somebody may have flushed all of nft away: then our table is made again, closed. */
const readUsage = Effect.fnUntraced(function* (
  options: QueueingOptions,
  attached: Attached | undefined,
) {
  const text = yield* listQuotas(options).pipe(
    Effect.catch((error) => Effect.andThen(remake(options, attached, error), listQuotas(options))),
  );
  return yield* Effect.try({
    try: () => parseUsage(text),
    catch: () => new QueueingError({ words: "nft printed quotas in another form" }),
  });
});

/** @param error why the table could not be read: passed on if the table is there. */
const remake = Effect.fnUntraced(function* (
  options: QueueingOptions,
  attached: Attached | undefined,
  error: QueueingError,
) {
  if (attached === undefined || (yield* hasTable(options))) return yield* error;
  yield* Effect.logWarning(`the nft table ${options.table} was gone, and is made again`);
  const throttled = attached.plans.filter(
    ({ index }) => attached.standings.get(index) === "throttled",
  );
  yield* nft([
    ...tableLines(options, attached.plans),
    ...throttled.flatMap((plan) => standingLines(options, plan, "throttled")),
  ]);
});

const hasTable = (options: QueueingOptions) =>
  Effect.map(asQueueing(run("nft", ["list", "tables"])), (text) =>
    text.split("\n").includes(`table inet ${options.table}`),
  );

const clean = Effect.fnUntraced(function* (options: QueueingOptions, plans: readonly QueuePlan[]) {
  yield* asQueueing(cleanRoutes(options));
  const there = yield* hasTable(options);
  const left = there ? yield* leftTunnels(options) : [];
  yield* removeQueues([...new Set([...left, ...plans.flatMap((plan) => plan.interfaces)])]);
  if (there) yield* nft([`delete table inet ${options.table}`]);
});

/** The tunnels that an earlier run gave queues; a table of another form tells of none. */
const leftTunnels = (options: QueueingOptions) =>
  run("nft", ["-j", "list", "set", "inet", options.table, tunnelSet]).pipe(
    Effect.flatMap((text) => Effect.try(() => parseNames(text))),
    Effect.catch(() => Effect.succeed<readonly string[]>([])),
  );
