import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a nightly run works: directories and processes that end with it, however it ends. */
export interface Workplace {
  /** A new directory. */
  readonly directory: (name: string) => string;
  /** A process that is killed at the end, if it still runs. */
  readonly child: (child: ChildProcess) => void;
  /** Whether somebody asked to stop. */
  readonly stopped: () => boolean;
  /** What else must be undone when it closes, at once and after its processes; its failures are its own. */
  readonly undo: (work: () => void) => void;
  readonly close: () => void;
}

/** Opens a workplace under the directory for temporary files; Ctrl-C closes it and ends. */
export function openWorkplace(): Workplace {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-nightly-"));
  const children = new Set<ChildProcess>();
  const undone = new Set<() => void>();
  let stopped = false;
  const close = (): void => {
    stopped = true;
    for (const child of children) child.kill("SIGKILL");
    for (const work of undone) {
      undone.delete(work);
      try {
        work();
      } catch (error) {
        console.error(`not undone: ${String(error)}`);
      }
    }
    rmSync(home, { recursive: true, force: true });
  };
  // Not once: Ctrl-C comes twice where npm passes on what the terminal has already sent.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopped) return;
      close();
      process.exit(130);
    });
  }
  process.once("exit", close);
  return {
    directory: (name) => mkdtempSync(join(home, `${name}-`)),
    child: (child) => {
      children.add(child);
      child.once("exit", () => children.delete(child));
    },
    stopped: () => stopped,
    undo: (work) => void undone.add(work),
    close,
  };
}
