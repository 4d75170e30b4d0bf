import { spawn } from "node:child_process";
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

/** Debian packages that hold the tools this project calls. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  tc: "iproute2",
  nft: "nftables",
  wg: "wireguard-tools",
  "wireguard-go": "wireguard-go",
};

/**
 * Runs a tool: an argument list, never a shell. What it prints is returned whole; what it says on
 * standard error becomes part of the error.
 */
export const run = (
  tool: string,
  args: readonly string[],
  input = "",
): Effect.Effect<string, CommandError> =>
  Effect.callback<string, CommandError>((resume) => {
    const child = spawn(tool, args, { stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [];
    let size = 0;
    let complaint = "";
    const fail = (problem: CommandError["problem"], words: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resume(Effect.fail(new CommandError({ tool, problem, words })));
    };
    const timer = setTimeout(() => {
      fail("too slow", `${tool} took more than ${timeLimit} ms and was ended`);
    }, timeLimit);
    child.stdout.on("data", (part: Buffer) => {
      size += part.length;
      if (size > outputLimit)
        fail("too much output", `${tool} printed more than ${outputLimit} bytes`);
      else out.push(part);
    });
    child.stderr.on("data", (part: Buffer) => {
      complaint = (complaint + part.toString("utf8")).slice(0, 2000);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      const hint = packages[tool] === undefined ? "" : ` (Debian package ${packages[tool]})`;
      if (error.code === "ENOENT") fail("missing", `${tool} is not installed${hint}`);
      else fail("failed", `${tool} could not be started: ${error.code ?? error.message}`);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resume(Effect.succeed(Buffer.concat(out).toString("utf8")));
      else
        fail(
          "failed",
          `${tool} ${args.slice(0, 4).join(" ")} failed (${code}): ${complaint.trim()}`,
        );
    });
    child.stdin.on("error", () => {}); // it ended before it read everything: its exit code tells
    child.stdin.end(input);
    return Effect.sync(() => {
      clearTimeout(timer);
      child.kill("SIGKILL");
    });
  });
