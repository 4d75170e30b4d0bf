import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A {@link file://./journal-writer.ts} that runs. */
export interface WriterProcess {
  readonly pid: number;
  /** The next line that it prints; nothing once it has ended. */
  readonly line: () => Promise<string | undefined>;
  /** Kills it with SIGKILL; returns all lines that nobody has read, when it is gone. */
  readonly kill: () => Promise<readonly string[]>;
}

/** Starts a writer on a directory. It ends with the process that started it. */
export function writerProcess(directory: string, mode: "write" | "hold" | "verify"): WriterProcess {
  const script = new URL("journal-writer.ts", import.meta.url).pathname;
  const child: ChildProcess = spawn(process.execPath, [script, directory, mode], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.stdout === null || child.pid === undefined) throw new Error("the writer did not start");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    return done === true ? undefined : value;
  };
  return {
    pid: child.pid,
    line,
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
      const rest: string[] = [];
      for (let one = await line(); one !== undefined; one = await line()) rest.push(one);
      return rest;
    },
  };
}
