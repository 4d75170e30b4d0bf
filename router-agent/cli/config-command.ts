import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { boundsFacts } from "#agent/agent/bounds-facts.ts";
import { toJson } from "#agent/agent/facts.ts";
import { renderConfig } from "#agent/config/config-text.ts";
import { exampleConfig } from "#agent/config/example-config.ts";
import { boundsLines } from "./bounds-lines.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";

const check = Command.make(
  "check",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    const config = yield* loadConfig(path);
    const bounds = boundsFacts(config);
    if (json) return yield* Console.log(toJson({ accepted: true, bounds }));
    yield* Console.log(
      [
        `accepted: ${config.neighbours.length} neighbour(s), ${config.routes.length} route(s)`,
        ...boundsLines(config),
      ].join("\n"),
    );
  }),
).pipe(Command.withDescription("Check a configuration and print what it risks"));

const example = Command.make("example", {}, () => Console.log(exampleConfig)).pipe(
  Command.withDescription("Print a commented example, in UCI form"),
);

const print = Command.make(
  "print",
  {
    config: configFlag,
    form: Flag.Literals("form", ["uci", "json"]).pipe(
      Flag.withDescription("UCI text or JSON"),
      Flag.withDefault("uci" as const),
    ),
  },
  Effect.fn(function* ({ config: path, form }) {
    yield* Console.log(renderConfig(yield* loadConfig(path), form));
  }),
).pipe(Command.withDescription("Print a configuration with every default filled in"));

/** `config`: check, example, print. */
export const configCommand = Command.make("config").pipe(
  Command.withDescription("Check, print or begin a configuration"),
  Command.withSubcommands([check, example, print]),
);
