import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A control group with a memory limit, whose members are killed beyond it. */
export interface MemoryCgroup {
  /** The file into which a process writes its id to become a member. */
  readonly members: string;
  /** Bytes that its members had at most, file pages included. */
  readonly peak: () => number;
  /** Only once all members have ended. */
  readonly remove: () => void;
}

/** Version 2 has one tree, version 1 one for memory alone. */
const trees = [
  { root: "/sys/fs/cgroup", test: "cgroup.controllers", limit: "memory.max", peak: "memory.peak" },
  {
    root: "/sys/fs/cgroup/memory",
    test: "memory.limit_in_bytes",
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
  },
] as const;

/** A new group with a limit in bytes; nothing where this machine lets nobody make one. */
export function memoryCgroup(name: string, limit: number): MemoryCgroup | undefined {
  const tree = trees.find(({ root, test }) => existsSync(join(root, test)));
  if (tree === undefined) return undefined;
  const directory = join(tree.root, name);
  try {
    mkdirSync(directory);
    writeFileSync(join(directory, tree.limit), `${limit}`);
  } catch {
    return undefined;
  }
  return {
    members: join(directory, "cgroup.procs"),
    peak: () => Number(readFileSync(join(directory, tree.peak), "utf8")),
    remove: () => rmdirSync(directory),
  };
}
