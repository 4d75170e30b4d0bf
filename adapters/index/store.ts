/** Something to put, or where there is no value, to remove. */
export interface StoreChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Keys from `from` on and below `to`, ascending; at most `limit` of them; descending if `reverse`. */
export interface StoreRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** What an index needs of a store of bytes: ordered keys, and changes that happen together. */
export interface Store {
  readonly get: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly change: (changes: readonly StoreChange[]) => Promise<void>;
  readonly entries: (range: StoreRange) => AsyncIterable<readonly [Uint8Array, Uint8Array]>;
  /** Removes a range, and gives its room back. */
  readonly clear: (range: StoreRange) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where stores live. One of them at a time is open. */
export interface StorePlace {
  /** How a person calls it. */
  readonly place: string;
  /** Opens the store, or begins one. */
  readonly open: () => Promise<Store>;
  /** Removes the store, which is closed. */
  readonly destroy: () => Promise<void>;
}

/** The part of abstract-level's interface that a {@link Store} is made of. */
export interface LevelLike {
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly get: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly batch: (
    operations: (
      | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
      | { readonly type: "del"; readonly key: Uint8Array }
    )[],
  ) => Promise<void>;
  readonly iterator: (range: {
    readonly gte: Uint8Array;
    readonly lt: Uint8Array;
    readonly limit?: number;
    readonly reverse?: boolean;
  }) => AsyncIterable<[Uint8Array, Uint8Array]>;
  readonly clear: (range: { readonly gte: Uint8Array; readonly lt: Uint8Array }) => Promise<void>;
  readonly compactRange?: (from: Uint8Array, to: Uint8Array) => Promise<void>;
}

/**
 * A store on any database of the Level family. Writes are not synced: what a power cut takes is read
 * from the journal again.
 */
export async function storeOn(level: LevelLike): Promise<Store> {
  await level.open();
  return {
    get: (key) => level.get(key),
    change: (changes) =>
      level.batch(
        changes.map(({ key, value }) =>
          value === undefined ? { type: "del", key } : { type: "put", key, value },
        ),
      ),
    entries: ({ from, to, ...how }) => level.iterator({ gte: from, lt: to, ...how }),
    clear: async ({ from, to }) => {
      await level.clear({ gte: from, lt: to });
      await level.compactRange?.(from, to);
    },
    close: () => level.close(),
  };
}
