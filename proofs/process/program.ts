import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

/**
 * Runs a program by its words, never by a shell. Total: whatever goes wrong is an ending. What it says
 * goes to files: into a pipe that is not read fast enough, a program that ends itself loses its last
 * words, and a proof whose end is missing looks like another result.
 */
export function run(command: readonly [string, ...string[]], given: Given): Promise<Ending> {
  const notes = mkdtempSync(join(tmpdir(), "said-"));
  const [text, aside] = [join(notes, "text"), join(notes, "aside")];
  const files = [openSync(text, "w"), openSync(aside, "w")] as const;
  return new Promise((resolve) => {
    const [program, ...words] = command;
    const child = spawn(program, words, { cwd: given.folder, stdio: ["pipe", ...files] });
    for (const file of files) closeSync(file);
    let isLate = false;
    const alarm = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, given.limit);
    let isOver = false;
    const end = (how: Ending["how"]) => {
      if (isOver) return; // what cannot be started is told twice
      isOver = true;
      clearTimeout(alarm);
      resolve({ how, text: readFileSync(text, "utf8"), aside: readFileSync(aside, "utf8") });
      rmSync(notes, { recursive: true, force: true });
    };
    child.stdin?.on("error", () => {}); // a program that is gone says so by its exit
    child.on("error", () => end("missing"));
    child.on("close", (code) => end(isLate ? "timed out" : code === 0 ? "ended" : "crashed"));
    child.stdin?.end(given.input ?? "");
  });
}
