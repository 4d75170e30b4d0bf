import { readFileSync } from "node:fs";

/** What a process was before and after it loaded a module. */
export interface LoadedMemory {
  /** Bytes, resident, after a collection of garbage. */
  readonly before: number;
  readonly after: number;
  readonly milliseconds: number;
}

/** Of this process, now. @throws Error where garbage cannot be collected (node --expose-gc) */
function resident(): number {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  globalThis.gc();
  const found = /VmRSS:\s+([0-9]+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(found?.[1] ?? 0) * 1024;
}

if (import.meta.main) {
  const before = resident();
  const began = process.hrtime.bigint();
  const [module] = process.argv.slice(2);
  if (module !== undefined) await import(module);
  const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
  const found: LoadedMemory = { before, after: resident(), milliseconds };
  console.log(JSON.stringify(found));
}
