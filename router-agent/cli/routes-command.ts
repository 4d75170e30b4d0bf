import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { byteFee } from "#agent/config/amount-forms.ts";
import type { Config } from "#agent/config/config.ts";
import type { LinkFacts, RouteFacts, RoutesAnswer, WayFacts } from "#agent/routing/route-facts.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

/** `routes`: which neighbour each destination goes by, and why not by another. */
export const routesCommand = Command.make(
  "routes",
  {
    prefix: Argument.String("prefix").pipe(
      Argument.withDescription("Only this destination, such as 10.7.0.0/16"),
      Argument.optional,
    ),
    config: configFlag,
    json: jsonFlag,
  },
  Effect.fn(function* ({ prefix, config: path, json }) {
    const config = yield* loadConfig(path);
    const only = Option.getOrUndefined(prefix);
    const request = only === undefined ? (["routes"] as const) : (["routes", only] as const);
    const answer = yield* askAgent(controlPath(config.journal.directory), request);
    if (json) return yield* Console.log(toJson(answer));
    yield* Console.log(routeLines(answer as RoutesAnswer, config).join("\n"));
  }),
).pipe(Command.withDescription("Show which way each destination takes, and why"));

/** For people: babeld, the links, then each destination with every way to it. */
export function routeLines(answer: RoutesAnswer, config: Config): readonly string[] {
  const { babel, why, version, verified, links, routes, left } = answer;
  const unverified =
    babel === "up" && !verified ? "; only its own choices are known to be free of loops" : "";
  return [
    `babel is ${babel}${version === undefined ? "" : ` (${version})`}${why === undefined ? "" : `: ${why}`}${unverified}`,
    ...links.map(
      ({ neighbour, alive, lossOut, lossIn, delay, offers, ...link }) =>
        `link to ${neighbour}: ${alive ? "answers" : "SILENT"}, lost out ${percent(lossOut)}, in ${percent(lossIn)}${bySigned(link)}, ${milliseconds(delay)} one way, offers ${offers} destinations`,
    ),
    ...(routes.length === 0
      ? ["no destinations"]
      : routes.flatMap((one) => destination(one, config))),
    ...(left > 0 ? [`and ${left} more: ask for one by its prefix`] : []),
  ];
}

/** What both ends signed of the paid classes, where anything was. */
function bySigned({ signedOut, signedIn }: Pick<LinkFacts, "signedOut" | "signedIn">): string {
  if (signedOut === undefined && signedIn === undefined) return "";
  return ` (signed: out ${percent(signedOut)}, in ${percent(signedIn)})`;
}

function destination(route: RouteFacts, config: Config): readonly string[] {
  const how = route.class === 0 ? "free" : `class ${route.class}`;
  const head =
    route.via === undefined
      ? `${route.prefix}  -> ${route.why}`
      : `${route.prefix}  -> ${route.via} (${how})  ${way(route, config)}`;
  return [head, ...route.alternatives.map((one) => `    not ${one.via}: ${way(one, config)}`)];
}

function way({ price, asks, loss, delay, score, why }: WayFacts, config: Config): string {
  if (price === undefined) return why;
  const points = score === undefined ? "" : `, score ${score}`;
  const written = (grains: string): string => byteFee.write(BigInt(grains), config.token);
  const cost =
    asks === undefined
      ? written(price)
      : `${written(price)} while leases last, then ${written(asks)}`;
  return `${cost}, ${percent(loss)} lost, ${milliseconds(delay)}${points}; ${why}`;
}

function percent(ppm: string | undefined): string {
  return ppm === undefined ? "unknown" : `${(Number(ppm) / 10_000).toFixed(2)} %`;
}

function milliseconds(microseconds: string | undefined): string {
  return microseconds === undefined ? "unknown" : `${(Number(microseconds) / 1000).toFixed(1)} ms`;
}
