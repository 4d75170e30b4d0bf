import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** One route of ours in one routing table of the kernel. */
export interface TableRoute {
  readonly table: number;
  /** Canonical, such as 10.7.0.0/16. */
  readonly prefix: string;
  /** The interface that it leads into; nothing for "look in the next table" (a throw route). */
  readonly device: string | undefined;
}

/** What has to be done so that tables hold what is wanted: first what goes, then what is put. */
export interface RouteChange {
  readonly removed: readonly TableRoute[];
  readonly put: readonly TableRoute[];
}

/** Marks routes as ours ("protocol"), so that nobody else's are ever touched. */
export const routeProtocol = 201;

/** What a route of ours leads into that the kernel shows in a form that we never write. */
export const strangeDevice = "?";

/** Routes could not be read or written. */
export class RouteTablesError extends Data.TaggedError("RouteTablesError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/** The routes of ours, as the kernel has them. */
export interface RouteTables {
  /** All of ours in these tables; nobody else's. */
  readonly read: (
    tables: readonly number[],
  ) => Effect.Effect<readonly TableRoute[], RouteTablesError>;
  /**
   * Makes a change, in its order. What is to go may be gone; what is put replaces what is there. Fails
   * where something cannot be put, such as into an interface that is gone, after everything else is done.
   */
  readonly write: (change: RouteChange) => Effect.Effect<void, RouteTablesError>;
}

/** The smallest change from one set of routes to another: nothing that stays is touched. */
export function routeChange(
  before: readonly TableRoute[],
  wanted: readonly TableRoute[],
): RouteChange {
  const keyOf = ({ table, prefix }: TableRoute) => `${table} ${prefix}`;
  const old = new Map(before.map((route) => [keyOf(route), route]));
  const next = new Map(wanted.map((route) => [keyOf(route), route]));
  const strange = before.filter(({ device }) => device === strangeDevice);
  return {
    removed: [
      ...strange,
      ...[...old].flatMap(([key, route]) =>
        next.has(key) || route.device === strangeDevice ? [] : [route],
      ),
    ],
    put: [...next].flatMap(([key, route]) => {
      const there = old.get(key);
      return there !== undefined && there.device === route.device ? [] : [route];
    }),
  };
}
