import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** How a process makes a copy of itself that goes on where it is, and waits for its end. */
export interface Forking {
  /** 0 in the copy, its pid in the one that made it (fork(2)). */
  readonly fork: () => number;
  /** Returns when that copy has ended, however it did (waitpid(2)). */
  readonly wait: (pid: number) => void;
  /** Ends a copy at once (_exit(2)): Node would wait for threads that only its maker has. */
  readonly leave: (status: number) => void;
}

/** MADV_DOFORK of madvise(2). */
const inherit = 11;

/**
 * Forks of a Node without threads of its own, by koffi: thousands of lives from one start. V8 asks the
 * kernel to leave its memory out of copies, which is taken back; a copy's event loop begins anew, as
 * libuv wants it. @param koffi the path of that module: a bundle lies where it is not found.
 */
export function forking(koffi: string): Forking {
  const { load } = createRequire(koffi)(koffi) as Koffi;
  const libc = load("libc.so.6");
  const node = load(null);
  const fork = libc.func("int fork()");
  const waitpid = libc.func("int waitpid(int, void*, int)");
  const leave = libc.func("void _exit(int)");
  const madvise = libc.func("int madvise(uintptr_t, size_t, int)");
  const loop = node.func("void* uv_default_loop()");
  const forkedLoop = node.func("int uv_loop_fork(void*)");
  return {
    fork: () => {
      for (const [from, to] of mappings()) madvise(from, to - from, inherit);
      const pid = fork() as number;
      if (pid < 0) throw new Error("no process can be made");
      if (pid === 0 && forkedLoop(loop()) !== 0) throw new Error("the copy has no event loop");
      return pid;
    },
    wait: (pid) => void waitpid(pid, Buffer.alloc(4), 0),
    leave: (status) => void leave(status),
  };
}

interface Koffi {
  readonly load: (path: string | null) => {
    readonly func: (prototype: string) => (...values: readonly unknown[]) => unknown;
  };
}

/** Where this process has memory that can be used (proc(5)); not the kernel's own pages. */
function mappings(): readonly (readonly [from: number, to: number])[] {
  return readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .flatMap((line) => {
      const found = /^([0-9a-f]+)-([0-9a-f]+) (?!---)(?!.*\[v)/.exec(line);
      if (found === null) return [];
      const [from, to] = [found[1], found[2]].map((one) => Number.parseInt(one ?? "0", 16));
      return [[from ?? 0, to ?? 0] as const];
    });
}
