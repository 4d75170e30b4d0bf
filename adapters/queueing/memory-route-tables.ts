import * as Effect from "effect/Effect";
import { type RouteTables, RouteTablesError, type TableRoute } from "./route-tables.ts";

/** Routing tables in memory, and what a test may do to them. */
export interface MemoryRouteTables extends RouteTables {
  /** Interfaces that are there. */
  readonly devices: Set<string>;
  readonly routes: Map<string, TableRoute>;
  /** How many routes were removed and put, in all. */
  readonly work: { removed: number; put: number };
}

/** Empty tables of a machine with these interfaces. */
export function memoryRouteTables(devices: readonly string[] = []): MemoryRouteTables {
  const routes = new Map<string, TableRoute>();
  const present = new Set(devices);
  const work = { removed: 0, put: 0 };
  const keyOf = ({ table, prefix }: TableRoute) => `${table} ${prefix}`;
  return {
    devices: present,
    routes,
    work,
    read: (tables) =>
      Effect.sync(() => [...routes.values()].filter(({ table }) => tables.includes(table))),
    write: ({ removed, put }) =>
      Effect.suspend(() => {
        for (const route of removed) if (routes.delete(keyOf(route))) work.removed += 1;
        const missing: string[] = [];
        for (const route of put) {
          if (route.device !== undefined && !present.has(route.device)) missing.push(route.device);
          else {
            routes.set(keyOf(route), route);
            work.put += 1;
          }
        }
        return missing.length === 0
          ? Effect.void
          : Effect.fail(new RouteTablesError({ words: `there is no interface ${missing[0]}` }));
      }),
  };
}
