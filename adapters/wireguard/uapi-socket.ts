import { connect } from "node:net";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/** Userspace WireGuard did not answer, or not as its protocol says. */
export class UapiError extends Data.TaggedError("UapiError")<{
  readonly interfaceName: string;
  readonly problem: "absent" | "refused" | "malformed" | "too slow" | "too long";
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The longest answer, in bytes: some thousand peers. */
export const answerLimit = 1024 * 1024;

/** How long an answer may take, in milliseconds. */
export const answerTime = 3000;

/** Where userspace WireGuard listens for an interface ("Cross-platform Userspace Implementation"). */
export function uapiPath(interfaceName: string): string {
  return `/var/run/wireguard/${interfaceName}.sock`;
}

/** One request to an interface; its answer as key and value lines, without the errno line. */
export const uapiRequest = (
  interfaceName: string,
  request: string,
): Effect.Effect<readonly (readonly [string, string])[], UapiError> =>
  Effect.callback((resume) => {
    const socket = connect(uapiPath(interfaceName));
    let answer = "";
    let done = false;
    const finish = (
      result: Effect.Effect<readonly (readonly [string, string])[], UapiError>,
    ): void => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.destroy();
      resume(result);
    };
    const fail = (problem: UapiError["problem"], words: string): void =>
      finish(Effect.fail(new UapiError({ interfaceName, problem, words })));
    const timer = setTimeout(() => {
      fail("too slow", `WireGuard on ${interfaceName} did not answer in ${answerTime} ms`);
    }, answerTime);
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      answer += part;
      if (answer.length > answerLimit) fail("too long", `an answer above ${answerLimit} bytes`);
      else if (answer.endsWith("\n\n")) finish(parse(interfaceName, answer));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      fail("absent", `no userspace WireGuard on ${interfaceName} (${error.code ?? "error"})`);
    });
    socket.on("close", () => fail("malformed", `${interfaceName}: the answer broke off`));
    socket.write(`${request}\n\n`, "latin1");
    return Effect.sync(() => {
      done = true;
      clearTimeout(timer);
      socket.destroy();
    });
  });

function parse(interfaceName: string, answer: string) {
  const lines = answer.trimEnd().split("\n");
  const pairs: (readonly [string, string])[] = [];
  for (const line of lines) {
    const at = line.indexOf("=");
    if (at <= 0) {
      return Effect.fail(
        new UapiError({ interfaceName, problem: "malformed", words: "a line without a key" }),
      );
    }
    pairs.push([line.slice(0, at), line.slice(at + 1)]);
  }
  const last = pairs.pop();
  if (last?.[0] !== "errno" || last[1] !== "0") {
    const words = `WireGuard on ${interfaceName} refused: errno ${last?.[1] ?? "missing"}`;
    return Effect.fail(new UapiError({ interfaceName, problem: "refused", words }));
  }
  return Effect.succeed(pairs);
}
