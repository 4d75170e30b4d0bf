import * as Effect from "effect/Effect";
import { type CommandError, run } from "#adapters/command/command.ts";
import type { QueuePlan, QueueRoute } from "./queueing.ts";

/** Which tables, rules and marks are the agent's. */
export interface RouteOptions {
  /** Table of the paid routes; the free ones are in the next. Rule preferences likewise. */
  readonly base: number;
  readonly freeMark: number;
}

/** Lines for `ip -batch`, one address family each. */
export interface RouteBatch {
  readonly family: "-4" | "-6";
  readonly lines: readonly string[];
}

/**
 * Two tables ahead of main: packets marked free take each destination by class 0, all others by
 * the class that the route names.
 */
export function routeBatches(
  options: RouteOptions,
  plans: readonly QueuePlan[],
  routes: readonly QueueRoute[],
  withRules: boolean,
): readonly RouteBatch[] {
  const { base, freeMark } = options;
  const rules = [
    `rule add pref ${base} fwmark ${freeMark} lookup ${base + 1} protocol 201`,
    `rule add pref ${base + 1} lookup ${base} protocol 201`,
  ];
  return (["-4", "-6"] as const).map((family) => {
    const own = routes.filter((route) => route.prefix.includes(":") === (family === "-6"));
    const lines = own.flatMap((route) => {
      const plan = plans.find((one) => one.index === route.index);
      const wanted = plan?.interfaces[route.class];
      const free = plan?.interfaces[0];
      if (wanted === undefined || free === undefined) return [];
      return [
        `route replace ${route.prefix} dev ${wanted} table ${base} proto 201`,
        `route replace ${route.prefix} dev ${free} table ${base + 1} proto 201`,
      ];
    });
    return { family, lines: withRules ? [...rules, ...lines] : lines };
  });
}

/** Removes every rule and route in the agent's range; what is missing is fine. */
export const cleanRoutes = Effect.fnUntraced(function* (options: RouteOptions) {
  const { base } = options;
  for (const family of ["-4", "-6"]) {
    const rules = yield* run("ip", [family, "rule", "show"]);
    for (const line of rules.split("\n")) {
      const pref = Number(/^(\d+):/.exec(line)?.[1]);
      if (pref === base || pref === base + 1) {
        yield* ignoringFailure(["ip", family, "rule", "delete", "pref", String(pref)]);
      }
    }
    for (const table of [base, base + 1]) {
      yield* ignoringFailure(["ip", family, "route", "flush", "table", String(table)]);
    }
  }
});

const ignoringFailure = ([tool = "", ...args]: readonly string[]): Effect.Effect<
  void,
  CommandError
> =>
  run(tool, args).pipe(
    Effect.asVoid,
    Effect.catch((error) => (error.problem === "failed" ? Effect.void : Effect.fail(error))),
  );
