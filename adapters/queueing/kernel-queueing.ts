import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Option from "effect/Option";
import { run } from "#adapters/command/command.ts";
import { kernelChanges } from "#adapters/netlink/kernel-changes.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { Netlink, netlinkProtocols } from "#adapters/netlink/netlink.ts";
import {
  type Attached,
  attachedTo,
  linkRatesOf,
  queuesOf,
  tableChange,
  withRates,
  withStanding,
  withUnsold,
} from "./attached.ts";
import { claim } from "./claim.ts";
import { type FreePool, poolOf } from "./free-pool.ts";
import type { Standing } from "./htb.ts";
import { probePool, probeSupport } from "./kernel-support.ts";
import { neighbourOf } from "./neighbour-name.ts";
import { ownLines } from "./nft-giving.ts";
import { leakRoomLines, limitLines } from "./nft-limits.ts";
import {
  standingLines,
  type TableOptions,
  tableChangeLines,
  tableLines,
  tunnelSet,
} from "./nft-table.ts";
import { exceptionFault, ownFault, planFault } from "./plan-fault.ts";
import { policyRoutes } from "./policy-routes.ts";
import {
  applyQueues,
  asQueueing,
  changeLines,
  removePoolDevice,
  removeQueues,
  tc,
} from "./queue-keeper.ts";
import {
  type OwnPlan,
  Queueing,
  QueueingError,
  type QueuePlan,
  type QueueRoute,
} from "./queueing.ts";
import { parseNames, parseTally, parseUsage } from "./quota-usage.ts";
import {
  hasTable,
  type Means,
  nft,
  nothingRestored,
  reconcile,
  remakeTable,
  tableWords,
} from "./reconciliation.ts";
import { routeProtocol } from "./route-tables.ts";

/** Which resources belong to this agent. */
export interface QueueingOptions extends TableOptions {
  /** First of two routing tables and two rule preferences that belong to the agent. */
  readonly base: number;
}

/** Looks after which everything is compared, even where nobody told that anything was taken away. */
export const compareLooks = 60;

/**
 * Queues by HTB, limits by nft, detours by policy routing. At no moment may paid bytes pass
 * uncounted: the table comes before the routes, and goes after them. Refuses to be in a network
 * namespace in which another agent is, before anything is touched.
 */
export const kernelQueueing = (options: QueueingOptions): Layer.Layer<Queueing, QueueingError> =>
  Layer.effect(
    Queueing,
    Effect.gen(function* () {
      yield* claimAll(options);
      const netlink = yield* Netlink;
      const open = Effect.option(netlink.open(netlinkProtocols.route, 0));
      const socket = Option.getOrUndefined(yield* open);
      const taken = yield* kernelChanges({ routeProtocol, table: options.table });
      const routing = policyRoutes(options);
      const means: Means = { options, routing, socket };
      let attached: Attached | undefined;
      let looks = 0;
      let closed = false;
      const plans = () => attached?.plans ?? [];
      const now = () => attached;
      const become = changing(now, (next) => {
        attached = next;
      });
      const turned = turning(now, (next) => {
        attached = next;
      });
      return Queueing.of({
        attach: (wanted, routes) =>
          Effect.flatMap(
            become(() => attach(means, attached, wanted, routes), upToDate),
            caughtUp(now),
          ),
        mend: (plan, routes) => Effect.suspend(() => mend(means, attached, plan, routes)),
        setRoutes: Effect.fnUntraced(function* (routes, except = []) {
          const fault = planFault(plans(), routes) ?? exceptionFault(except);
          if (fault !== undefined) return yield* new QueueingError({ words: fault });
          yield* asQueueing(routing.set(routes, except));
        }),
        checkRoutes: asQueueing(routing.check),
        setRates: (rates) => turned((now) => withRates(now, rates)),
        linkRates: Effect.sync(() => linkRatesOf(plans())),
        setUnsold: (rates) => turned((now) => withUnsold(now, rates)),
        setStanding: (plan, standing) =>
          become(
            () => stand(options, attached, plan, standing),
            (now) => now && withStanding(now, plan, standing),
          ).pipe(Effect.flatMap(forced)),
        reconcile: Effect.suspend(() => {
          looks += 1;
          const due = taken() || looks % compareLooks === 0;
          if (attached === undefined || (!due && !closed)) return Effect.succeed(nothingRestored);
          return reconcile(means, attached).pipe(
            Effect.map((found) => {
              const all = { ...found, closed: found.closed || closed };
              closed = false;
              return all;
            }),
          );
        }),
        usage: Effect.suspend(() =>
          readUsage(options, attached, () => {
            closed = true;
          }),
        ),
        setLimits: (before, quotas, gates) =>
          refusable(() => limitLines(options, plans(), before, quotas, gates)),
        setLeaks: (before, rooms) =>
          refusable(() => leakRoomLines(options, plans(), before, rooms)),
        setOwn: (own) =>
          become(
            () => throttleOwn(options, attached, own),
            (now) => now && { ...now, own },
          ),
        tally: Effect.suspend(() => readTally(options, plans().map(neighbourOf))),
        clean: become(
          () => clean(means, plans()),
          () => undefined,
        ),
      });
    }),
  ).pipe(Layer.provide(koffiNetlink));

/** Lines of tc. A tunnel that vanished keeps nobody from changing the others. */
const forced = (lines: readonly string[]) => tc(lines, ["-force"]);

/** Who was throttled or opened while tools were at work has other queues by now. */
const caughtUp = (now: () => Attached | undefined) => (made: Attached) => {
  const after = now();
  return forced(after === undefined ? [] : changedLines(made, after));
};

const changedLines = (before: Attached, after: Attached) =>
  changeLines(queuesOf(before), queuesOf(after));

/** Everybody, and our own users, stand as they do by then. */
const upToDate = (now: Attached | undefined, { plans, leaf, pool }: Attached): Attached =>
  attachedTo(now, plans, leaf, pool);

/** Other rates of the same queues. */
const turning =
  (now: () => Attached | undefined, keep: (next: Attached) => void) =>
  (change: (before: Attached) => Attached) =>
    Effect.suspend(() => {
      const before = now();
      if (before === undefined) return Effect.void;
      const after = change(before);
      keep(after);
      return forced(changedLines(before, after));
    });

/** Changes what is remembered as it is when tools are done: others may have changed it meanwhile. */
const changing =
  (now: () => Attached | undefined, keep: (next: Attached | undefined) => void) =>
  <A>(
    work: () => Effect.Effect<A, QueueingError>,
    change: (now: Attached | undefined, found: A) => Attached | undefined,
  ) =>
    Effect.tap(Effect.suspend(work), (found) => Effect.sync(() => keep(change(now(), found))));

/** One transaction of lines, unless there are none because what they are about is not attached. */
const refusable = (lines: () => readonly string[]) =>
  Effect.try({ try: lines, catch: (error) => error as QueueingError }).pipe(Effect.flatMap(nft));

/** One neighbour's standing: in the table at once; and what its queues need for it. */
const stand = Effect.fnUntraced(function* (
  options: QueueingOptions,
  before: Attached | undefined,
  plan: QueuePlan,
  standing: Standing,
) {
  if (!before?.plans.some((one) => neighbourOf(one) === neighbourOf(plan))) {
    return yield* new QueueingError({ words: `neighbour ${plan.index} is not attached` });
  }
  yield* nft(standingLines(options, plan, standing));
  const after = withStanding(before, plan, standing);
  return changeLines(queuesOf(before, [plan]), queuesOf(after, [plan]));
});

/** Our own users: throttled, or open again. */
const throttleOwn = Effect.fnUntraced(function* (
  options: QueueingOptions,
  before: Attached | undefined,
  own: OwnPlan | undefined,
) {
  const fault = own === undefined ? undefined : ownFault(own);
  if (fault !== undefined) return yield* new QueueingError({ words: fault });
  if (before === undefined) return yield* new QueueingError({ words: "nothing is attached" });
  yield* nft(ownLines(options.table, options.freeMark, own));
});

/** Nobody else in this network namespace may make what we make. */
const claimAll = ({ table, base }: QueueingOptions) =>
  Effect.andThen(claim(`the nft table ${table}`), claim(`the routing table ${base}`));

/** From what was attached before, if anything was, to other plans. */
const attach = Effect.fnUntraced(function* (
  means: Means,
  before: Attached | undefined,
  wanted: readonly QueuePlan[],
  routes: readonly QueueRoute[],
) {
  const { options, routing, socket } = means;
  const fault = planFault(wanted, routes);
  if (fault !== undefined) return yield* new QueueingError({ words: fault });
  const leaf = before?.leaf ?? (wanted.length === 0 ? "bfifo" : (yield* probeSupport).leaf);
  const pool = yield* sharedPool(means, before?.pool, wanted);
  const next = attachedTo(before, wanted, leaf, pool);
  yield* nft(
    before === undefined
      ? tableLines(options, wanted, pool)
      : tableChangeLines(options, tableChange(before, next), wanted),
  );
  yield* asQueueing(routing.install(wanted, routes));
  const names = new Set(wanted.flatMap(({ interfaces }) => interfaces));
  const left = (before?.plans ?? []).flatMap(({ interfaces }) => interfaces);
  yield* removeQueues(left.filter((name) => !names.has(name)));
  yield* applyQueues(queuesOf(next), socket, pool);
  if (pool === undefined) yield* removePoolDevice(socket, poolDevice(options));
  return next;
});

/** What is free goes through it: one for each agent, as its tables are. */
const poolDevice = ({ base }: { readonly base: number }) => `mtpool${base}`;

/**
 * The pool of these plans, by the best way that there is. Without netlink nobody could see whether what is
 * redirected arrives anywhere.
 */
const sharedPool = Effect.fnUntraced(function* (
  { options, socket }: Means,
  before: FreePool | undefined,
  plans: readonly QueuePlan[],
): Effect.fn.Return<FreePool | undefined, QueueingError> {
  const way = {
    way: before?.way ?? "limited",
    device: poolDevice(options),
    mark: options.freeMark,
  };
  const wanted = poolOf(plans, way);
  if (wanted === undefined || before !== undefined) return wanted;
  const found =
    socket === undefined
      ? { way: "limited" as const, words: "this process has no netlink" }
      : yield* probePool;
  if (found.words !== undefined) {
    yield* Effect.logWarning(
      `what is free shares its pool by a limit that drops, not by queues (modules ifb, act_mirred, cls_fw; OpenWrt: kmod-ifb, kmod-sched-core): ${found.words}`,
    );
  }
  return { ...wanted, way: found.way };
});

/** The routes and queues of one neighbour whose tunnels were made again. */
const mend = Effect.fnUntraced(function* (
  { routing, socket }: Means,
  attached: Attached | undefined,
  plan: QueuePlan,
  routes: readonly QueueRoute[],
) {
  const own = routes.filter(({ index }) => index === plan.index);
  const fault = planFault([plan], own);
  if (fault !== undefined) return yield* new QueueingError({ words: fault });
  yield* asQueueing(routing.check);
  const known = attached ?? attachedTo(undefined, [plan], (yield* probeSupport).leaf);
  yield* applyQueues(queuesOf(known, [plan]), socket, known.pool);
});

const listQuotas = (options: QueueingOptions) =>
  asQueueing(run("nft", ["-j", "list", "quotas", "table", "inet", options.table]));

/** Never makes a table again: who reads limits does, and what was counted is gone either way. */
const readTally = Effect.fnUntraced(function* (
  options: QueueingOptions,
  neighbours: readonly string[],
) {
  if (neighbours.length === 0) return new Map();
  const listed = ["-j", "list", "counters", "table", "inet", options.table];
  const text = yield* asQueueing(run("nft", listed));
  return yield* Effect.try({
    try: () => parseTally(text, neighbours),
    catch: () => new QueueingError({ words: "nft printed counters in another form" }),
  });
});

/** Somebody may have flushed all of nft away: then our table is made again, closed. */
const readUsage = Effect.fnUntraced(function* (
  options: QueueingOptions,
  attached: Attached | undefined,
  onClosed: () => void,
) {
  const text = yield* listQuotas(options).pipe(
    Effect.catch((error) =>
      Effect.andThen(remake(options, attached, error, onClosed), listQuotas(options)),
    ),
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
  onClosed: () => void,
) {
  if (attached === undefined || (yield* hasTable(options))) return yield* error;
  yield* Effect.logWarning(tableWords(options));
  yield* remakeTable(options, attached);
  onClosed();
});

const clean = Effect.fnUntraced(function* (
  { options, routing, socket }: Means,
  plans: readonly QueuePlan[],
) {
  yield* asQueueing(routing.clean);
  const there = yield* hasTable(options);
  const left = there ? yield* leftTunnels(options) : [];
  yield* removeQueues([...new Set([...left, ...plans.flatMap((plan) => plan.interfaces)])]);
  yield* removePoolDevice(socket, poolDevice(options));
  if (there) yield* nft([`delete table inet ${options.table}`]);
});

/** The tunnels that an earlier run gave queues; a table of another form tells of none. */
const leftTunnels = (options: TableOptions) =>
  run("nft", ["-j", "list", "set", "inet", options.table, tunnelSet]).pipe(
    Effect.flatMap((text) => Effect.try(() => parseNames(text))),
    Effect.catch(() => Effect.succeed<readonly string[]>([])),
  );
