import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Semaphore from "effect/Semaphore";
import { CommandError, run } from "#adapters/command/command.ts";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { Netlink } from "#adapters/netlink/netlink.ts";
import { netlinkRouteTables } from "./netlink-route-tables.ts";
import type { QueuePlan, QueueRoute } from "./queueing.ts";
import {
  type RouteTables,
  RouteTablesError,
  routeChange,
  routeProtocol,
  type TableRoute,
} from "./route-tables.ts";
import { spawnedRouteTables } from "./spawned-route-tables.ts";

/** Which tables, rules and marks are the agent's. */
export interface RouteOptions {
  /** Table of the paid routes; the free ones are in the next. Rule preferences likewise. */
  readonly base: number;
  readonly freeMark: number;
}

/**
 * Two tables ahead of main: packets marked free take each destination by class 0, all others by the
 * class that the route names. A free packet without a route goes on to main, never to a paid one.
 */
export interface PolicyRoutes {
  /** The rules, and these routes; rules and routes that are there already stay. */
  readonly install: (
    plans: readonly QueuePlan[],
    routes: readonly QueueRoute[],
  ) => Effect.Effect<void, RouteTablesError>;
  /**
   * Other routes, by the smallest change. @param except prefixes that are left to the main table, though
   * a route covers them: what is connected, and the places where tunnels end.
   */
  readonly set: (
    routes: readonly QueueRoute[],
    except: readonly string[],
  ) => Effect.Effect<void, RouteTablesError>;
  /** Puts back what somebody, or an interface that was made again, took away; tells how many rules and routes. */
  readonly check: Effect.Effect<number, RouteTablesError>;
  /** Removes every rule and route of ours; what is missing is fine. */
  readonly clean: Effect.Effect<void, RouteTablesError>;
}

/** The agent's routes on this machine: by netlink where that can be had, else by `ip`. */
export function policyRoutes(
  options: RouteOptions,
  tables: Effect.Effect<RouteTables> = machineRouteTables,
): PolicyRoutes {
  let plans: readonly QueuePlan[] = [];
  let wanted: readonly TableRoute[] = [];
  /** What the kernel has as far as is known; nothing where it has to be asked. */
  let present: readonly TableRoute[] | undefined;
  const own = [options.base, options.base + 1];

  /** Reading and writing is one thing: never two at once. */
  const alone = Semaphore.makeUnsafe(1);

  /** Tells how many routes had to be changed. */
  const applied = Effect.gen(function* () {
    const kernel = yield* tables;
    const target = wanted;
    const before = present ?? (yield* kernel.read(own));
    const change = routeChange(before, target);
    present = undefined; // until it is known that all went well
    yield* kernel.write(change);
    present = target;
    return change.removed.length + change.put.length;
  });
  /** After whoever is at it, with what is wanted and known by then. */
  const apply = (anew: boolean) =>
    alone.withPermit(
      Effect.suspend(() => {
        if (anew) present = undefined;
        return applied;
      }),
    );
  return {
    install: Effect.fnUntraced(function* (all, routes) {
      plans = all;
      wanted = tableRoutes(options, plans, routes, []);
      yield* apply(true);
      yield* asTables(installRules(options));
    }),
    set: Effect.fnUntraced(function* (routes, except) {
      wanted = tableRoutes(options, plans, routes, except);
      yield* apply(false);
    }),
    check: Effect.zipWith(
      apply(true),
      asTables(installRules(options)),
      (routes, rules) => routes + rules,
    ),
    clean: Effect.gen(function* () {
      wanted = [];
      yield* asTables(removeRules(options));
      yield* apply(true);
    }),
  };
}

/** Chosen once, at the first use: an agent without neighbours loads no native code. */
const machineRouteTables: Effect.Effect<RouteTables> = Effect.runSync(
  Effect.cached(
    Effect.scoped(
      Effect.gen(function* () {
        const netlink = Context.get(yield* Layer.build(koffiNetlink), Netlink);
        const routes = netlinkRouteTables(netlink);
        return yield* routes.read([]).pipe(
          Effect.as(routes),
          Effect.catch(() => Effect.succeed(spawnedRouteTables)),
        );
      }),
    ),
  ),
);

function tableRoutes(
  { base }: RouteOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
  except: readonly string[],
): readonly TableRoute[] {
  const planOf = new Map(plans.map((plan) => [plan.index, plan]));
  const left = new Set(except);
  return [
    ...except.flatMap((prefix) => [
      { table: base, prefix, device: undefined },
      { table: base + 1, prefix, device: undefined },
    ]),
    ...routes.flatMap(({ prefix, index, class: priceClass }) => {
      const interfaces = planOf.get(index)?.interfaces;
      const [device, free] = [interfaces?.[priceClass], interfaces?.[0]];
      if (device === undefined || free === undefined || left.has(prefix)) return [];
      return [
        { table: base, prefix, device },
        { table: base + 1, prefix, device: free },
      ];
    }),
  ];
}

type Family = "-4" | "-6";

const families: readonly Family[] = ["-4", "-6"];

/**
 * The rules come after the routes: at no moment do they lead into tables of an earlier run. Tells how
 * many had to be changed.
 */
const installRules = Effect.fnUntraced(function* (options: RouteOptions) {
  let changed = 0;
  for (const family of families) {
    const found = yield* ownRules(family, options);
    const wanted = wantedRules(options);
    const lines = [
      ...found.filter((one) => !wanted.includes(one)).map((one) => `rule delete ${one}`),
      ...wanted.filter((one) => !found.includes(one)).map((one) => `rule add ${one}`),
    ];
    yield* ipBatch(family, lines);
    changed += lines.length;
  }
  return changed;
});

const removeRules = Effect.fnUntraced(function* (options: RouteOptions) {
  for (const family of families) {
    const found = yield* ownRules(family, options);
    yield* ipBatch(
      family,
      found.map((one) => `rule delete ${one}`),
    );
  }
});

const asTables = <A>(effect: Effect.Effect<A, CommandError>): Effect.Effect<A, RouteTablesError> =>
  Effect.mapError(effect, ({ words }) => new RouteTablesError({ words }));

const ipBatch = (family: Family, lines: readonly string[]): Effect.Effect<void, CommandError> =>
  lines.length === 0
    ? Effect.void
    : Effect.asVoid(run("ip", [family, "-batch", "-"], `${lines.join("\n")}\n`));

function wantedRules({ base, freeMark }: RouteOptions): readonly string[] {
  const mark = `fwmark 0x${freeMark.toString(16)}`;
  return [
    `pref ${base} ${mark} lookup ${base + 1} protocol ${routeProtocol}`,
    `pref ${base + 1} not ${mark} lookup ${base} protocol ${routeProtocol}`,
  ];
}

/** Our rules as `ip rule` takes them: those of our preferences and our protocol. */
const ownRules = (family: Family, options: RouteOptions) =>
  run("ip", [family, "-j", "rule", "show"]).pipe(
    Effect.flatMap((text) =>
      Effect.try({
        try: () => parseRules(text, options),
        catch: () =>
          new CommandError({ tool: "ip", problem: "failed", words: "ip printed no list of rules" }),
      }),
    ),
  );

/**
 * Our rules in what `ip -j rule show` printed. Throws TypeError or SyntaxError for anything but a list of
 * objects.
 */
export function parseRules(text: string, { base }: Pick<RouteOptions, "base">): readonly string[] {
  const list: unknown = JSON.parse(text.trim() === "" ? "[]" : text);
  if (!Array.isArray(list)) throw new TypeError("no list");
  if (list.some((one) => typeof one !== "object" || one === null)) throw new TypeError("no object");
  return list.flatMap((rule: Readonly<Record<string, unknown>>) => {
    const { priority, fwmark, table, protocol: owner } = rule;
    if (priority !== base && priority !== base + 1) return [];
    if (Number(owner) !== routeProtocol) return [];
    const not = "not" in rule ? "not " : "";
    const mark = fwmark === undefined ? "" : `fwmark ${String(fwmark)} `;
    return [`pref ${priority} ${not}${mark}lookup ${String(table)} protocol ${routeProtocol}`];
  });
}
