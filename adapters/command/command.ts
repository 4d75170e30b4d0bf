import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";

/** A tool that is missing, failed, spoke too much or took too long. */
export class CommandError extends Data.TaggedError("CommandError")<{
  readonly tool: string;
  readonly problem: "missing" | "failed" | "too slow" | "too much output";
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The most a tool may print, in bytes. */
export const outputLimit = 4 * 1024 * 1024;

/** The longest a tool may take, in milliseconds. */
export const timeLimit = 10_000;

/** So much of what a tool complains about becomes part of the error, in characters. */
export const complaintLimit = 2000;

/** Debian packages that hold the tools this project calls. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  tc: "iproute2",
  nft: "nftables",
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
};

/** What a caller may want otherwise. */
export interface RunOptions {
  /** The tool reads a secret: what it complains about may quote it, so it is not passed on. */
  readonly secretInput?: boolean;
  /** In milliseconds; {@link timeLimit} if absent. */
  readonly timeLimit?: number;
}

/**
 * Runs a tool: an argument list, never a shell. What it prints is returned whole; what it says on
 * standard error becomes part of the error. Fails with {@link CommandError}; interruption ends it.
 */
export const run = (
  tool: string,
  args: readonly string[],
  input = "",
  options: RunOptions = {},
): Effect.Effect<string, CommandError> =>
  Effect.callback<string, CommandError>((resume) => {
    const fail = (problem: CommandError["problem"], words: string): void =>
      resume(Effect.fail(new CommandError({ tool, problem, words })));
    const child = start(tool, args);
    if (typeof child === "string") return fail("failed", `${tool} could not be started: ${child}`);
    const limit = options.timeLimit ?? timeLimit;
    const timer = setTimeout(() => {
      end("too slow", `${tool} took more than ${limit} ms and was ended`);
    }, limit);
    const end = (problem: CommandError["problem"], words: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      fail(problem, words);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint = packages[tool] === undefined ? "" : ` (Debian package ${packages[tool]})`;
      if (error.code === "ENOENT") end("missing", `${tool} is not installed${hint}`);
      else end("failed", `${tool} could not be started: ${error.code ?? error.message}`);
    });
    // Without file descriptors to spare a child has no streams, and an error is on its way.
    if (child.stdin !== undefined) {
      converse(child, input, end, (code, output, complaint) => {
        clearTimeout(timer);
        if (code === 0) return resume(Effect.succeed(output));
        const said = options.secretInput === true ? "(what it said is kept back)" : complaint;
        fail("failed", `${tool} ${args.slice(0, 4).join(" ")} failed (${code}): ${said}`);
      });
    }
    return Effect.sync(() => {
      clearTimeout(timer);
      child.kill("SIGKILL");
    });
  });

/** The child, or why there is none (an argument list that is too long, or no text). */
function start(tool: string, args: readonly string[]): ChildProcessWithoutNullStreams | string {
  try {
    return spawn(tool, args, { stdio: ["pipe", "pipe", "pipe"], env: environment() });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/**
 * Only what finds the tool: LOG_LEVEL would have wireguard-go hold on to our pipes for ever, and a
 * locale would change what tools print.
 */
function environment(): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH: PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
}

function converse(
  child: ChildProcessWithoutNullStreams,
  input: string,
  end: (problem: CommandError["problem"], words: string) => void,
  close: (code: number | null, output: string, complaint: string) => void,
): void {
  const out: Buffer[] = [];
  let size = 0;
  let complaint = "";
  child.stdout.on("data", (part: Buffer) => {
    if (size > outputLimit) return;
    size += part.length;
    if (size > outputLimit) {
      end("too much output", `${child.spawnfile} printed more than ${outputLimit} bytes`);
    } else out.push(part);
  });
  child.stderr.on("data", (part: Buffer) => {
    complaint = (complaint + part.toString("utf8")).slice(0, complaintLimit);
  });
  child.on("close", (code) => close(code, Buffer.concat(out).toString("utf8"), complaint.trim()));
  child.stdin.on("error", () => {}); // it ended before it read everything: its exit code tells
  child.stdin.end(input);
}
