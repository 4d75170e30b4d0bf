import { spawn } from "node:child_process";

/** How a program ended, and all it said. */
export interface Ending {
  readonly how: "ended" | "missing" | "timed out" | "crashed";
  readonly text: string;
  /** What it wrote to its second output. */
  readonly aside: string;
}

/** What a program is given. */
export interface Given {
  readonly input?: string;
  readonly folder?: string;
  /** Milliseconds. Beyond it the program is killed. */
  readonly limit: number;
}

/** Runs a program by its words, never by a shell. Total: whatever goes wrong is an ending. */
export function run(command: readonly [string, ...string[]], given: Given): Promise<Ending> {
  return new Promise((resolve) => {
    const [program, ...words] = command;
    const child = spawn(program, words, given.folder === undefined ? {} : { cwd: given.folder });
    const said: string[] = [];
    const aside: string[] = [];
    let isLate = false;
    const alarm = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, given.limit);
    const end = (how: Ending["how"]) => {
      clearTimeout(alarm);
      resolve({ how, text: said.join(""), aside: aside.join("") });
    };
    child.stdout.setEncoding("utf8").on("data", (more: string) => said.push(more));
    child.stderr.setEncoding("utf8").on("data", (more: string) => aside.push(more));
    child.stdin.on("error", () => {}); // a program that is gone says so by its exit
    child.on("error", () => end("missing"));
    child.on("close", (code) => end(isLate ? "timed out" : code === 0 ? "ended" : "crashed"));
    child.stdin.end(given.input ?? "");
  });
}
