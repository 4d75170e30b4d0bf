import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Config } from "#agent/config/config.ts";
import { readConfigText } from "#agent/config/config-reader.ts";

/** What counts without a configuration file: a journal and keys of one's own, no neighbours. */
export function defaultConfig(): Config {
  const { XDG_STATE_HOME: named = "" } = process.env;
  const state = isAbsolute(named) ? named : join(homedir(), ".local", "state");
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
