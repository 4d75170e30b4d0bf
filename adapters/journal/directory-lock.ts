import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "./journal-error.ts";

/** The lock file's name in a journal directory. */
export const lockName = "lock";

/**
 * Takes the single-writer lock of a directory. The lock names a process by its id and the moment
 * the kernel started it, so a killed agent's lock, or one whose id was given to another process,
 * is taken over. Returns how to give it back. @throws JournalError where a live agent holds it.
 */
export function takeLock(directory: string): () => void {
  const path = join(directory, lockName);
  const self = identityOf(process.pid) ?? `${process.pid} 0`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, self);
      closeSync(file);
      return () => release(path, self);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw readOnly(directory, error);
      const holder = readLock(path);
      const pid = Number.parseInt(holder, 10);
      if (holder !== "" && identityOf(pid) === holder) {
        throw new JournalError({
          problem: "locked",
          words: `the journal in ${directory} is in use by process ${pid}; stop that agent first`,
        });
      }
      if (readLock(path) === holder) unlinkSync(path); // its owner is gone
    }
  }
  throw new JournalError({
    problem: "locked",
    words: `the lock of ${directory} keeps changing hands; is another agent starting?`,
  });
}

function readLock(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(0, 64);
  } catch {
    return "";
  }
}

function release(path: string, self: string): void {
  if (readLock(path) === self) unlinkSync(path);
}

/** Process id and start time in clock ticks since boot (proc(5), field 22 of stat). */
function identityOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${pid} ${fields[19] ?? "0"}`;
  } catch {
    return undefined;
  }
}

function readOnly(directory: string, error: unknown): JournalError {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  return new JournalError({
    problem: "read-only",
    words: `cannot write in ${directory} (${code}); check its owner, its mode and the file system`,
  });
}
