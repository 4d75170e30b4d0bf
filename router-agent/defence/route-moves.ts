import type { QueueRoute } from "#adapters/queueing/queueing.ts";

/** How often destinations changed their way, as far as a neighbour did not have a part in it. */
export interface RouteMoves {
  /** The routes as they are from now on. */
  readonly note: (routes: readonly QueueRoute[]) => void;
  /**
   * So often a route moved from or to another neighbour than this one (its index in the queues). What
   * moves by a neighbour's own doing excuses nothing of its junk.
   */
  readonly besides: (index: number) => bigint;
}

/** Moves are counted up to this: then as good as for ever. */
const mostMoves = 1n << 62n;

/** Nothing has moved yet. */
export function routeMoves(): RouteMoves {
  let known: ReadonlyMap<string, number> | undefined;
  let all = 0n;
  const own = new Map<number, bigint>();
  return {
    note: (routes) => {
      const next = new Map(routes.map(({ prefix, index }) => [prefix, index]));
      const before = known;
      known = next;
      if (before === undefined) return;
      const moved = [...new Set([...before.keys(), ...next.keys()])]
        .map((prefix) => [before.get(prefix), next.get(prefix)] as const)
        .filter(([from, to]) => from !== to);
      if (moved.length === 0 || all >= mostMoves) return;
      all += 1n;
      // A change in which every move has to do with one neighbour is that neighbour's own.
      const [first] = moved;
      for (const index of new Set(first)) {
        if (index === undefined || !moved.every((one) => one.includes(index))) continue;
        own.set(index, (own.get(index) ?? 0n) + 1n);
      }
    },
    besides: (index) => all - (own.get(index) ?? 0n),
  };
}
