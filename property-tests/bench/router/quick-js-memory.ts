import { fileURLToPath } from "node:url";
import { measuredInQuickJs } from "../../engine-neutral/quick-js.ts";

/**
 * What the core takes in QuickJS, in megabytes (2^20): three routers in one engine that sign for real,
 * lose packets, reboot and settle, with their whole journals. WebAssembly has pointers of four bytes,
 * as small routers have. What is counted is pages that were ever written to, as resident memory is:
 * the engine's own account leaves out what lies in small blocks.
 */
export interface QuickJsMemory {
  readonly touched: number;
  /** The peer: the engine alone, with a module that does nothing. */
  readonly bareEngine: number;
  readonly goal: number;
}

const goal = 8;
const place = (name: string) =>
  fileURLToPath(new URL(`../../engine-neutral/${name}.ts`, import.meta.url));

/** Runs both, each in an engine of its own. */
export async function quickJsMemory(): Promise<QuickJsMemory> {
  const core = await measuredInQuickJs(place("network-entry"), "real 2");
  const bare = await measuredInQuickJs(place("idle-entry"), "");
  return { touched: megabytes(core.touchedBytes), bareEngine: megabytes(bare.touchedBytes), goal };
}

function megabytes(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 10) / 10;
}
