import * as Effect from "effect/Effect";
import { CommandError, run } from "#adapters/command/command.ts";
import type { QueuePlan, QueueRoute } from "./queueing.ts";

/** Which tables, rules and marks are the agent's. */
export interface RouteOptions {
  /** Table of the paid routes; the free ones are in the next. Rule preferences likewise. */
  readonly base: number;
  readonly freeMark: number;
}

type Family = "-4" | "-6";

const families: readonly Family[] = ["-4", "-6"];

/** Marks rules and routes as ours ("protocol"), so that nobody else's are ever touched. */
const protocol = "201";

/** Addresses for documentation (RFC 5737, RFC 3849): routes that nobody misses. */
const nowhere: Readonly<Record<Family, string>> = {
  "-4": "192.0.2.255/32",
  "-6": "2001:db8:ffff::ff/128",
};

/**
 * Two tables ahead of main: packets marked free take each destination by class 0, all others by
 * the class that the route names. A free packet without a route goes on to main, never to a paid
 * one. Rules that are there stay; routes are replaced at once.
 */
export const installRoutes = Effect.fnUntraced(function* (
  options: RouteOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
) {
  for (const family of families) {
    const found = yield* ownRules(family, options);
    const wanted = wantedRules(options);
    const lines = [
      ...emptyLines(family, options),
      ...routeLines(family, options, plans, routes),
      ...found.filter((one) => !wanted.includes(one)).map((one) => `rule delete ${one}`),
      ...wanted.filter((one) => !found.includes(one)).map((one) => `rule add ${one}`),
    ];
    yield* ipBatch(family, lines);
  }
});

/** The routes of one neighbour whose tunnels were made again. */
export const mendRoutes = Effect.fnUntraced(function* (
  options: RouteOptions,
  plan: QueuePlan,
  routes: readonly QueueRoute[],
) {
  for (const family of families) {
    yield* ipBatch(family, routeLines(family, options, [plan], routes));
  }
});

/** Removes every rule and route of ours; what is missing is fine. */
export const cleanRoutes = Effect.fnUntraced(function* (options: RouteOptions) {
  for (const family of families) {
    const found = yield* ownRules(family, options);
    yield* ipBatch(family, [
      ...found.map((one) => `rule delete ${one}`),
      ...emptyLines(family, options),
    ]);
  }
});

const ipBatch = (family: Family, lines: readonly string[]): Effect.Effect<void, CommandError> =>
  lines.length === 0
    ? Effect.void
    : Effect.asVoid(run("ip", [family, "-batch", "-"], `${lines.join("\n")}\n`));

function wantedRules({ base, freeMark }: RouteOptions): readonly string[] {
  const mark = `fwmark 0x${freeMark.toString(16)}`;
  return [
    `pref ${base} ${mark} lookup ${base + 1} protocol ${protocol}`,
    `pref ${base + 1} not ${mark} lookup ${base} protocol ${protocol}`,
  ];
}

/** Flushing a table that was never used is an error: so it is used first. */
function emptyLines(family: Family, { base }: RouteOptions): readonly string[] {
  return [base, base + 1].flatMap((table) => [
    `route replace blackhole ${nowhere[family]} table ${table} proto ${protocol}`,
    `route flush table ${table} proto ${protocol}`,
  ]);
}

function routeLines(
  family: Family,
  { base }: RouteOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
): readonly string[] {
  const own = routes.filter((route) => route.prefix.includes(":") === (family === "-6"));
  return own.flatMap((route) => {
    const plan = plans.find((one) => one.index === route.index);
    const wanted = plan?.interfaces[route.class];
    const free = plan?.interfaces[0];
    if (wanted === undefined || free === undefined) return [];
    return [
      `route replace ${route.prefix} dev ${wanted} table ${base} proto ${protocol}`,
      `route replace ${route.prefix} dev ${free} table ${base + 1} proto ${protocol}`,
    ];
  });
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

function parseRules(text: string, { base }: RouteOptions): readonly string[] {
  const list: unknown = JSON.parse(text === "" ? "[]" : text);
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list.flatMap((rule: Readonly<Record<string, unknown>>) => {
    const { priority, fwmark, table, protocol: owner } = rule;
    if (priority !== base && priority !== base + 1) return [];
    if (String(owner) !== protocol) return [];
    const not = "not" in rule ? "not " : "";
    const mark = fwmark === undefined ? "" : `fwmark ${String(fwmark)} `;
    return [`pref ${priority} ${not}${mark}lookup ${String(table)} protocol ${protocol}`];
  });
}
