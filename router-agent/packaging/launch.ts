/**
 * How a router starts the agent. Every flag is measured under load by `npm run bench -- router`, which
 * also runs without each of them; init scripts and units repeat them, and a test compares.
 */
export const routerFlags = [
  "--max-old-space-size=24",
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--single-threaded",
  "--v8-pool-size=0",
  "--jitless",
] as const;

/**
 * The same for the environment: one thread for files; one arena of malloc, which gives back what it does
 * not need. The latter is for glibc: OpenWrt's musl does so by itself, and reads none of it.
 */
export const routerEnvironment = {
  UV_THREADPOOL_SIZE: "1",
  MALLOC_ARENA_MAX: "1",
  MALLOC_TRIM_THRESHOLD_: "65536",
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TOP_PAD_: "16384",
} as const;

/** Where a package puts the bundle. */
export const installDirectory = "/usr/lib/meshtoll";

/** The words after `node` with which a packaged agent runs. */
export function daemonWords(config: string, directory: string = installDirectory) {
  return [...routerFlags, `${directory}/daemon.cjs`, "--config", config] as const;
}
