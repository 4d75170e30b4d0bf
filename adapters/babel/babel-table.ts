import type { Prefix } from "#core/route/prefix.ts";
import {
  type BabelNeighbour,
  type BabelRoute,
  infinity,
  neighbourLimit,
  routeLimit,
} from "./babel.ts";
import type { BabelLine } from "./babel-line.ts";
import { type FeasibilityDump, hopKey } from "./feasibility-dump.ts";

/** What babeld said on one connection, line after line, and in its dumps. */
export interface BabelTable {
  /** Takes a line in; false where it would pass a limit: then the babeld is not to be built on. */
  readonly take: (line: BabelLine) => boolean;
  /**
   * Grows with every line that said something new. babeld says each route again with every update that it
   * hears; a choice among ten thousand is not made anew for that.
   */
  readonly news: () => number;
  /** A dump is asked for: what changes from here on may be missing in it. */
  readonly beginDump: () => void;
  /** The dump that was asked for, or nothing where none came: then only what is installed is feasible. */
  readonly endDump: (dump: FeasibilityDump | undefined) => void;
  /** Whether something changed on which feasibility hangs, since the last dump was asked for. */
  readonly wantsDump: () => boolean;
  readonly version: () => string | undefined;
  readonly interfaces: () => ReadonlyMap<string, { readonly up: boolean }>;
  readonly neighbours: () => readonly BabelNeighbour[];
  readonly own: () => readonly Prefix[];
  readonly routes: () => ReadonlyMap<Prefix, readonly BabelRoute[]>;
  readonly verified: () => boolean;
}

type RouteLine = Extract<BabelLine, { readonly type: "Route" }>;

/** An empty table. */
export function babelTable(): BabelTable {
  let version: string | undefined;
  let dump: FeasibilityDump | undefined;
  const interfaces = new Map<string, { readonly up: boolean }>();
  const neighbours = new Map<string, BabelNeighbour>();
  const own = new Map<string, Prefix>();
  const routes = new Map<string, RouteLine>();
  /** Destinations of which the last dump may say too much, and those changed since one was asked for. */
  let doubtful: ReadonlySet<Prefix> = new Set();
  let changed = new Set<Prefix>();

  const { put, drop, count } = kept();
  const takeRoute = (line: RouteLine): boolean => {
    const before = routes.get(line.id);
    if (line.verb === "flush") return drop(routes, line.id);
    // What we announce, and so what is feasible, may be different from now on (RFC 8966, 3.5.1).
    if (!asFeasible(before, line)) changed.add(line.prefix);
    return put(routes, line.id, line, routeLimit, sameRoute(before, line));
  };
  const take = (line: BabelLine): boolean => {
    switch (line.type) {
      case "Version":
        version = line.version;
        return true;
      case "Interface":
        if (line.verb === "flush") return drop(interfaces, line.name);
        return put(
          interfaces,
          line.name,
          { up: line.up },
          neighbourLimit,
          interfaces.get(line.name)?.up === line.up,
        );
      case "Neighbour":
        if (line.verb === "flush") return drop(neighbours, line.id);
        return put(
          neighbours,
          line.id,
          line,
          neighbourLimit,
          neighbours.get(line.id)?.cost === line.cost,
        );
      case "Own":
        if (line.verb === "flush") return drop(own, line.id);
        return put(own, line.id, line.prefix, routeLimit, own.get(line.id) === line.prefix);
      case "Route":
        return takeRoute(line);
      default:
        return true;
    }
  };
  const isSaid = ({ prefix, nextHop, interfaceName }: RouteLine): boolean =>
    dump?.feasible.has(hopKey(prefix, nextHop, interfaceName)) === true &&
    !doubtful.has(prefix) &&
    !changed.has(prefix);
  return {
    take,
    news: count,
    beginDump: () => {
      doubtful = new Set([...doubtful, ...changed]);
      changed = new Set();
    },
    endDump: (found) => {
      dump = found;
      doubtful = new Set();
    },
    wantsDump: () => changed.size > 0,
    version: () => version,
    interfaces: () => new Map(interfaces),
    neighbours: () => [...neighbours.values()],
    own: () => [...own.values()],
    routes: () => byPrefix([...routes.values()], isSaid),
    verified: () => dump !== undefined,
  };
}

/** Whether all is the same on which feasibility hangs. */
function asFeasible(a: RouteLine | undefined, b: RouteLine): boolean {
  return a?.prefix === b.prefix && a.refMetric === b.refMetric && a.installed === b.installed;
}

function sameRoute(a: RouteLine | undefined, b: RouteLine): boolean {
  if (a === undefined || !asFeasible(a, b)) return false;
  return a.nextHop === b.nextHop && a.interfaceName === b.interfaceName && a.metric === b.metric;
}

/** Puts into tables and drops from them, and counts what was news. */
function kept() {
  let news = 0;
  return {
    count: () => news,
    /** False where a table is full. @param same whether it says nothing new. */
    put: <A>(
      table: Map<string, A>,
      id: string,
      value: A,
      limit: number,
      same: boolean,
    ): boolean => {
      if (!table.has(id) && table.size >= limit) return false;
      table.set(id, value);
      if (!same) news += 1;
      return true;
    },
    drop: (table: Map<string, unknown>, id: string): true => {
      if (table.delete(id)) news += 1;
      return true;
    },
  };
}

function byPrefix(
  lines: readonly RouteLine[],
  isSaid: (line: RouteLine) => boolean,
): ReadonlyMap<Prefix, readonly BabelRoute[]> {
  const installed = new Map<Prefix, number>();
  for (const line of lines) {
    if (line.installed) installed.set(line.prefix, (installed.get(line.prefix) ?? 0) + 1);
  }
  const found = new Map<Prefix, BabelRoute[]>();
  for (const line of lines) {
    const { prefix, interfaceName, nextHop, metric, refMetric, price } = line;
    // babeld installs one route for a destination; of two that say so neither is believed for that.
    const alone = line.installed && installed.get(prefix) === 1;
    const feasible = metric < infinity && refMetric < infinity && (alone || isSaid(line));
    const all = found.get(prefix) ?? [];
    if (all.length === 0) found.set(prefix, all);
    const way = { prefix, interfaceName, nextHop, metric, refMetric, price };
    all.push({ ...way, feasible, installed: line.installed });
  }
  return found;
}
