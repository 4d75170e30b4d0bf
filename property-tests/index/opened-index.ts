import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { HistoryIndex, type HistoryQuery } from "#adapters/index/history-index.ts";
import type { HistoryRow } from "#adapters/index/history-row.ts";
import { leastLimit } from "#adapters/index/index-limits.ts";
import { type IndexOptions, indexOn } from "#adapters/index/index-service.ts";
import type { Store, StorePlace } from "#adapters/index/store.ts";

/** The index port, as stories use it. */
export type Index = HistoryIndex["Service"];

/** Opens an index, lets a story use it, and closes it: what a run of an agent does. */
export function withIndex<A>(
  place: StorePlace,
  story: (index: Index) => Effect.Effect<A, unknown>,
  { limit = leastLimit, days = 3650 }: Partial<IndexOptions> = {},
): Promise<A> {
  const told = Effect.gen(function* () {
    return yield* story(yield* HistoryIndex);
  });
  return Effect.runPromise(told.pipe(Effect.provide(Layer.fresh(indexOn(place, { limit, days })))));
}

/** All rows of a neighbour, page by page. */
export const allRows = (index: Index, query: HistoryQuery) =>
  Effect.gen(function* () {
    const rows: HistoryRow[] = [];
    for (let after = query.after; ; ) {
      const page = yield* index.query({ ...query, after });
      rows.push(...page.rows);
      if (page.next === undefined) return rows as readonly HistoryRow[];
      after = page.next;
    }
  });

/** Changes the store behind the index's back. */
export async function tampered<A>(
  place: StorePlace,
  work: (store: Store) => Promise<A>,
): Promise<A> {
  const store = await place.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** All keys and values of a store, copied. */
export async function entriesOf(store: Store): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  const all: (readonly [Uint8Array, Uint8Array])[] = [];
  const range = { from: new Uint8Array(12), to: new Uint8Array(12).fill(255) };
  for await (const [key, value] of store.entries(range)) {
    all.push([Uint8Array.from(key), Uint8Array.from(value)]);
  }
  return all;
}
