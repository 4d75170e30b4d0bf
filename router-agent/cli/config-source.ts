import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { readConfig } from "#agent/config/config-file.ts";
import { defaultConfig } from "./default-config.ts";

/** Which configuration a command works with. */
export const configFlag = Flag.String("config").pipe(
  Flag.withAlias("c"),
  Flag.withDescription("Configuration file, JSON or UCI; without it the embedded defaults count"),
  Flag.optional,
);

/** Prints one JSON document and nothing else. */
export const jsonFlag = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON, amounts as decimal strings"),
  Flag.withDefault(false),
);

/** The configuration of a file, or the embedded defaults below the user's state directory. */
export const loadConfig = (path: Option.Option<string>) =>
  Option.match(path, { onNone: () => Effect.succeed(defaultConfig()), onSome: readConfig });
