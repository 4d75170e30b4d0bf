import { readFileSync } from "node:fs";

/** A babeld by its process id. */
export interface BabeldProcess {
  readonly pid: number;
  /** Its arguments, the program first. */
  readonly words: readonly string[];
}

/** The largest process id of Linux (PID_MAX_LIMIT). */
const pidLimit = 4_194_304;

/**
 * The babeld that a file names; nothing where it ended, or where the number belongs to something else
 * by now: a signal meant for babeld never goes to another process.
 */
export function babeldOf(pidFile: string): BabeldProcess | undefined {
  try {
    const text = readFileSync(pidFile, "latin1").slice(0, 16).trim();
    const pid = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : 0;
    if (pid < 2 || pid > pidLimit) return undefined;
    if (readFileSync(`/proc/${pid}/comm`, "latin1").trim() !== "babeld") return undefined;
    const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, -1);
    return { pid, words };
  } catch {
    return undefined;
  }
}

/** Sends a signal; false where it is gone already, or another user's. */
export function signalBabeld(process_: BabeldProcess, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(process_.pid, signal);
  } catch {
    return false;
  }
}
