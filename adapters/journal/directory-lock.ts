import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { diskError, JournalError } from "./journal-error.ts";

/**
 * A writer's mark in the directory. Its name says who: process id, the moment the kernel started
 * the process, this boot of the machine, and the process id namespace. No other process will ever
 * have that name, so the mark of a dead one can be removed at any time, by anybody.
 */
interface Mark {
  readonly pid: number;
  /** Clock ticks since boot (proc(5), field 22 of stat). */
  readonly started: string;
  readonly boot: string;
  readonly namespace: string;
}

const markForm = /^lock-(\d{1,10})-(\d{1,20})-([0-9a-f]{8})-(\d{1,20})$/;

/** Stands for a start that the kernel does not tell. */
const unknownStart = "0";

/** How often to look whether a process that started in the same moment has given way. */
const looks = 200;

/**
 * Takes the single-writer lock of a directory: puts up a mark, then looks for marks of others that
 * live. Of two that do so at once, at least one sees the other, so never do both hold the lock; a
 * killed agent's mark is removed. Returns how to give it back. @throws JournalError where a live
 * process holds it.
 */
export function takeLock(directory: string): () => void {
  const self = ownMark();
  const path = join(directory, nameOf(self));
  putUp(directory, path);
  try {
    for (let look = 0; ; look++) {
      const other = livingOther(directory, self);
      if (other === undefined) return () => remove(path);
      // The one with the larger name gives way; if the other does not, it was here before.
      if (nameOf(self) > nameOf(other) || look === looks) throw lockedBy(directory, self, other);
    }
  } catch (error) {
    remove(path);
    throw diskError(directory, "take the lock", error);
  }
}

function putUp(directory: string, path: string): void {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  try {
    closeSync(openSync(path, O_CREAT | O_EXCL | O_WRONLY, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw diskError(directory, "take the lock", error);
    }
    throw new JournalError({
      problem: "locked",
      pid: process.pid,
      words: `the journal in ${directory} is open in this process (${process.pid}) already`,
    });
  }
}

function livingOther(directory: string, self: Mark): Mark | undefined {
  for (const name of readdirSync(directory).sort()) {
    const mark = markOf(name);
    if (mark === undefined || name === nameOf(self)) continue;
    if (lives(mark, self)) return mark;
    remove(join(directory, name));
  }
  return undefined;
}

/** Dead is only what is known to be dead. */
function lives(mark: Mark, self: Mark): boolean {
  if (mark.boot !== self.boot) return false;
  if (mark.namespace !== self.namespace) return true;
  if (self.started === unknownStart) return true; // no /proc to ask: a person must decide
  return startOf(mark.pid) === mark.started;
}

function lockedBy(directory: string, self: Mark, other: Mark): JournalError {
  const far = other.namespace !== self.namespace || self.started === unknownStart;
  return new JournalError({
    problem: "locked",
    pid: other.pid,
    words: far
      ? `the journal in ${directory} is in use by process ${other.pid} that cannot be seen from here, or was left by it; stop that agent, and if there is none, remove ${nameOf(other)}`
      : `the journal in ${directory} is in use by process ${other.pid}; stop that agent first`,
  });
}

function ownMark(): Mark {
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? unknownStart,
    boot: textOf("/proc/sys/kernel/random/boot_id").slice(0, 8) || "00000000",
    namespace: /\d+/.exec(namespaceOf())?.[0] ?? "0",
  };
}

function nameOf({ pid, started, boot, namespace }: Mark): string {
  return `lock-${pid}-${started}-${boot}-${namespace}`;
}

function markOf(name: string): Mark | undefined {
  const [, pid, started, boot, namespace] = markForm.exec(name) ?? [];
  if (pid === undefined || started === undefined) return undefined;
  return { pid: Number(pid), started, boot: boot ?? "", namespace: namespace ?? "" };
}

/** When a process was started; nothing for one that is dead, though its parent may not know yet. */
function startOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const dead = fields[0] === "Z" || fields[0] === "X";
  // While one of its threads is still in a write, even a killed process is not gone.
  return dead && threadsOf(pid) <= 1 ? undefined : (fields[19] ?? unknownStart);
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function namespaceOf(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
