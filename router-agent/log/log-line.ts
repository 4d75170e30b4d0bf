import * as Cause from "effect/Cause";
import type { LogLevelName } from "#agent/config/status-options.ts";

/** The longest words of one line, in characters; what is longer is cut, and says so. */
export const lineLimit = 2000;

/** One thing that was told. */
export interface LogEntry {
  readonly date: Date;
  readonly level: LogLevelName;
  readonly message: unknown;
  readonly cause: Cause.Cause<unknown>;
}

/**
 * An entry as one line: `time=... level=... message="..."` (logfmt). Whatever came from outside is
 * quoted, so that no message begins a line of its own, moves a terminal's cursor or hides its end.
 */
export function logLine({ date, level, message, cause }: LogEntry): string {
  const time = `${date.toISOString().slice(0, 19)}Z`;
  const words = Array.isArray(message) ? message.map(textOf).join(" ") : textOf(message);
  const why = cause.reasons.length === 0 ? "" : ` cause=${quoted(Cause.pretty(cause))}`;
  return `time=${time} level=${level} message=${quoted(words)}${why}`;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Error ? value.message : String(value);
}

/** JSON's quotes, and nothing in them that is not seen: controls, bidirectional marks, line ends. */
function quoted(text: string): string {
  const cut = text.length > lineLimit ? `${text.slice(0, lineLimit)} (cut)` : text;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
