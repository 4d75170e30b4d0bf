import { connect } from "node:net";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/**
 * Userspace WireGuard did not answer, or not as its protocol says:
 * - `absent`: there is no socket, or nobody listens on it any more.
 * - `unreachable`: there is one, and this process could not speak to it.
 * - `refused`: it answered with an error number.
 */
export class UapiError extends Data.TaggedError("UapiError")<{
  readonly interfaceName: string;
  readonly problem: "absent" | "unreachable" | "refused" | "malformed" | "too slow" | "too long";
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The longest request and the longest answer, in bytes: some thousand peers. */
export const answerLimit = 1024 * 1024;

/** How long an answer may take, in milliseconds. */
export const answerTime = 3000;

/** Where userspace WireGuard has its sockets: one place for all network namespaces of a machine. */
export const uapiDirectory = "/var/run/wireguard";

/** Where userspace WireGuard listens for an interface ("Cross-platform Userspace Implementation"). */
export function uapiPath(interfaceName: string, directory: string = uapiDirectory): string {
  return `${directory}/${interfaceName}.sock`;
}

/** What a caller may want otherwise. */
export interface UapiOptions {
  /** {@link uapiDirectory} if absent. */
  readonly directory?: string;
  /** In milliseconds; {@link answerTime} if absent. */
  readonly timeLimit?: number;
}

/** One request to an interface; its answer as key and value lines, without the errno line. */
export const uapiRequest = (
  interfaceName: string,
  request: string,
  options: UapiOptions = {},
): Effect.Effect<UapiPairs, UapiError> =>
  Effect.callback((resume) => {
    const fail = (problem: UapiError["problem"], words: string): void =>
      finish(failed(interfaceName, problem, words));
    const limit = options.timeLimit ?? answerTime;
    const timer = setTimeout(() => {
      fail("too slow", `WireGuard on ${interfaceName} did not answer in ${limit} ms`);
    }, limit);
    const socket = connect(uapiPath(interfaceName, options.directory));
    const stop = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    const finish = (result: Effect.Effect<UapiPairs, UapiError>): void => {
      stop();
      resume(result);
    };
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      answer += part;
      if (answer.length > answerLimit) fail("too long", `an answer above ${answerLimit} bytes`);
      else if (answer.endsWith("\n\n")) finish(parse(interfaceName, answer));
    });
    socket.on("error", ({ code = "error" }: NodeJS.ErrnoException) => {
      // Anything but these two, and it may well be counting: nobody may take it for gone.
      const absent = code === "ENOENT" || code === "ECONNREFUSED";
      if (absent) fail("absent", `no userspace WireGuard on ${interfaceName} (${code})`);
      else fail("unreachable", `userspace WireGuard on ${interfaceName} is not to reach: ${code}`);
    });
    socket.on("close", () => fail("malformed", `${interfaceName}: the answer broke off`));
    // An empty line would end the request, and what follows would be another.
    if (request.length > answerLimit || request.includes("\n\n")) {
      fail("malformed", `a request above ${answerLimit} bytes, or with an empty line`);
    } else socket.write(`${request}\n\n`, "latin1");
    return Effect.sync(stop);
  });

/** The lines of an answer, in order. Some hold keys: for no log and no error. */
export type UapiPairs = readonly (readonly [key: string, value: string])[];

function parse(interfaceName: string, answer: string): Effect.Effect<UapiPairs, UapiError> {
  const lines = answer.trimEnd().split("\n");
  const pairs: (readonly [string, string])[] = [];
  for (const line of lines) {
    const at = line.indexOf("=");
    if (at <= 0) return failed(interfaceName, "malformed", "a line without a key");
    pairs.push([line.slice(0, at), line.slice(at + 1)]);
  }
  const last = pairs.pop();
  if (last?.[0] === "errno" && last[1] === "0") return Effect.succeed(pairs);
  const errno = last?.[0] === "errno" ? last[1].slice(0, 10) : "missing";
  const words = `WireGuard on ${interfaceName} refused: errno ${errno}`;
  return failed(interfaceName, errno === "missing" ? "malformed" : "refused", words);
}

function failed(
  interfaceName: string,
  problem: UapiError["problem"],
  words: string,
): Effect.Effect<never, UapiError> {
  return Effect.fail(new UapiError({ interfaceName, problem, words }));
}
