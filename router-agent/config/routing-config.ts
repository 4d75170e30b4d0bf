import type { Preference } from "#core/route/preference.ts";
import type { Price } from "#core/units/price.ts";
import type { routingOptions } from "./routing-options.ts";
import type { Values } from "./section-reader.ts";

/** Where routes come from, and how one is chosen among them. */
export interface RoutingConfig {
  readonly babel: "off" | "system" | "own";
  /** With `system`: how that babeld is reached. */
  readonly socket: string;
  readonly pidFile: string;
  readonly logFile: string;
  /** With `own`: canonical prefixes. */
  readonly announce: readonly string[];
  readonly preference: Preference;
  /** Undefined: what each neighbour may charge at most. */
  readonly maxPrice: Price | undefined;
}

type RoutingValues = Values<typeof routingOptions>;

/** From the options of the main section. */
export function routingOf(main: RoutingValues): RoutingConfig {
  return {
    babel: main.babel as RoutingConfig["babel"],
    socket: main.babel_socket,
    pidFile: main.babel_pid,
    logFile: main.babel_log,
    announce: main.announce ?? [],
    preference: {
      price: BigInt(main.weight_price),
      loss: BigInt(main.weight_loss),
      delay: BigInt(main.weight_delay),
      margin: BigInt(main.switch_margin),
    },
    maxPrice: main.route_max_price,
  };
}

/** As options of the main section again. */
export function routingValues(routing: RoutingConfig): RoutingValues {
  const { preference, announce } = routing;
  return {
    babel: routing.babel,
    babel_socket: routing.socket,
    babel_pid: routing.pidFile,
    babel_log: routing.logFile,
    announce: announce.length === 0 ? undefined : announce,
    weight_price: Number(preference.price),
    weight_loss: Number(preference.loss),
    weight_delay: Number(preference.delay),
    switch_margin: Number(preference.margin),
    route_max_price: routing.maxPrice,
  };
}
