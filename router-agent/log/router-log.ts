import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import type { LogLevel } from "effect/LogLevel";
import { MinimumLogLevel } from "effect/References";
import type { LogLevelName } from "#agent/config/status-options.ts";
import { logLine } from "./log-line.ts";

/** The least that is told, by the name of the configuration. */
const least: Readonly<Record<LogLevelName, LogLevel>> = {
  error: "Error",
  warning: "Warn",
  info: "Info",
  debug: "Debug",
};

/** What an agent tells: one line each on standard output, for procd, journald or a person. */
export function routerLog(
  level: LogLevelName,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Layer.Layer<never> {
  const logger = Logger.make<unknown, void>(({ date, logLevel, message, cause }) =>
    write(logLine({ date, level: nameOf(logLevel), message, cause })),
  );
  return Layer.mergeAll(Logger.layer([logger]), Layer.succeed(MinimumLogLevel, least[level]));
}

function nameOf(level: LogLevel): LogLevelName {
  switch (level) {
    case "Fatal":
    case "Error":
    case "None":
      return "error";
    case "Warn":
      return "warning";
    case "Info":
      return "info";
    case "All":
    case "Debug":
    case "Trace":
      return "debug";
  }
}
