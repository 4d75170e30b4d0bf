import { routerFlags } from "#agent/packaging/launch.ts";

/**
 * As on a router, but compiled: what is emulated is slow enough, and a day is long. What is compiled
 * lies in the heap as well: in a router's 24 MB an agent at work ends after ten thousand looks.
 */
export const compiledFlags: readonly string[] = [
  ...routerFlags.filter((flag) => flag !== "--jitless" && !flag.startsWith("--max-old-space-size")),
  "--max-old-space-size=40",
];
