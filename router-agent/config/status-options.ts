import { isIP } from "node:net";
import { type Form, parsed, path, refused, word } from "./form.ts";
import { endpoint } from "./network-forms.ts";

/** Where the status page listens: an address of this machine, never a name, and a port. */
export interface StatusListen {
  readonly host: string;
  readonly port: number;
}

/** `address:port`, `[v6]:port`, or `off`. Names are refused: what they mean may change over night. */
export const statusListen: Form<StatusListen | "off"> = {
  read: (text, token) => {
    if (text === "off") return parsed(text);
    const read = endpoint.read(text, token);
    if (read.ok && isIP(read.value.host) !== 0) return read;
    return refused("address:port, such as 127.0.0.1:8470 or [::1]:8470, or `off`");
  },
  write: (value, token) => (value === "off" ? value : endpoint.write(value, token)),
};

/** How many names a status page may be asked by. */
export const statusNameLimit = 8;

/** How much the log tells; each level has those before it. */
export const logLevels = ["error", "warning", "info", "debug"] as const;

/** One of {@link logLevels}. */
export type LogLevelName = (typeof logLevels)[number];

/** A level by its name. */
const logLevel: Form<LogLevelName> = {
  read: (text) => {
    const level = logLevels.find((one) => one === text);
    return level === undefined ? refused(logLevels.join(", ")) : parsed(level);
  },
  write: (value) => value,
};

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return (isIP(host) === 4 && host.startsWith("127.")) || host === "::1";
}

/** Options of what people look at: the status page and the log. */
export const statusOptions = {
  status_listen: {
    form: statusListen,
    fallback: { kind: "text", text: "127.0.0.1:8470" },
    about:
      "Address and port of the status page and of /metrics; `off` is none. Another address than this machine's own needs status_token_file.",
  },
  status_token_file: {
    form: path,
    fallback: { kind: "none", meaning: "whoever reaches status_listen may look" },
    about:
      "File with the password of the status page in its first line, 16 characters or more, readable by its owner only. The user's name does not matter.",
  },
  status_name: {
    form: word(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "a host name in lower-case letters"),
    fallback: { kind: "none", meaning: "only its address, and localhost" },
    many: statusNameLimit,
    about: "A name by which browsers ask for the status page, such as router.lan.",
  },
  log_level: {
    form: logLevel,
    fallback: { kind: "text", text: "info" },
    about: "How much is told on standard output: error, warning, info or debug.",
  },
} as const;
