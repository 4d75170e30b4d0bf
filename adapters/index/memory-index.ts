import { MemoryLevel } from "memory-level";
import { type Store, type StorePlace, storeOn } from "./store.ts";

/** A store in memory that outlives whoever has it open, as a directory does. */
export interface MemoryPlace extends StorePlace {
  /** All keys and values, to look at and to damage. */
  readonly entries: () => Promise<readonly (readonly [Uint8Array, Uint8Array])[]>;
  readonly put: (key: Uint8Array, value: Uint8Array | undefined) => Promise<void>;
}

/** A place with nothing in it yet. */
export function memoryPlace(): MemoryPlace {
  const fresh = () =>
    new MemoryLevel<Uint8Array, Uint8Array>({
      keyEncoding: "view",
      valueEncoding: "view",
      storeEncoding: "view",
    });
  let level = fresh();
  const open = (): Promise<Store> => storeOn(level);
  return {
    place: "memory",
    open: async () => ({ ...(await open()), close: async () => undefined }),
    destroy: async () => {
      level = fresh();
    },
    entries: async () => {
      const all: (readonly [Uint8Array, Uint8Array])[] = [];
      for await (const [key, value] of level.iterator()) all.push([key, value]);
      return all;
    },
    put: async (key, value) => {
      if (value === undefined) await level.del(key);
      else await level.put(key, value);
    },
  };
}
