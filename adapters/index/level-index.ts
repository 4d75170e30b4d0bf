import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type * as Layer from "effect/Layer";
import type { HistoryIndex } from "./history-index.ts";
import { IndexError } from "./index-error.ts";
import { type IndexOptions, indexOn } from "./index-service.ts";
import { type StorePlace, storeOn } from "./store.ts";

/** Where the index lies that belongs to a journal. */
export function indexDirectory(journalDirectory: string): string {
  return join(journalDirectory, "index");
}

/**
 * The index in a directory of its own (0700), by LevelDB. The package is loaded when the index is
 * first used: an agent without one never pays for it. Where it does not load, every call fails
 * with "unavailable".
 */
export const levelIndex = (directory: string, options: IndexOptions): Layer.Layer<HistoryIndex> =>
  indexOn(levelPlace(directory), options);

/** Small buffers: it is one of many things on a router. Bytes. */
const sizes = { cacheSize: 512 * 1024, writeBufferSize: 512 * 1024, maxFileSize: 1024 * 1024 };

/** Not a literal in `import`: a bundler must leave the native module alone. */
const levelName: string = "level";

/** A place for one LevelDB. */
export function levelPlace(directory: string): StorePlace {
  return {
    place: directory,
    open: async () => {
      const { Level } = await loadLevel();
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const bytes = { keyEncoding: "view", valueEncoding: "view" } as const;
      return storeOn(new Level<Uint8Array, Uint8Array>(directory, { ...bytes, ...sizes }));
    },
    destroy: () => rm(directory, { recursive: true, force: true }),
  };
}

async function loadLevel(): Promise<typeof import("level")> {
  try {
    return await import(levelName);
  } catch {
    const words =
      "the index needs the package level, which does not load here; `history off` in the configuration spares this message";
    throw new IndexError({ problem: "unavailable", words });
  }
}
