import { homedir } from "node:os";
import { join } from "node:path";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import type { Config } from "#agent/config/config.ts";
import { readConfig } from "#agent/config/config-file.ts";
import { readConfigText } from "#agent/config/config-reader.ts";

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

/** What counts without a configuration file: a journal and keys of one's own, no neighbours. */
export function defaultConfig(): Config {
  const { XDG_STATE_HOME: state = join(homedir(), ".local", "state") } = process.env;
  const home = join(state, "meshtoll");
  const reading = readConfigText("{}");
  if (!reading.ok) throw new Error("the embedded defaults are refused");
  const { config } = reading;
  return {
    ...config,
    journal: { ...config.journal, directory: join(home, "journal") },
    keysFile: join(home, "keys"),
  };
}
