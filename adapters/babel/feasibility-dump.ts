import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { lineLength } from "./babel-line.ts";

/**
 * Which routes babeld finds feasible. Its socket does not say; what it writes into its log on SIGUSR1
 * does, in a line for each route that ends with (installed), (feasible) or nothing.
 */
export interface FeasibilityDump {
  /** By {@link hopKey}: installed or feasible. */
  readonly feasible: ReadonlySet<string>;
  /** Routes in it, feasible or not. */
  readonly routes: number;
}

/** The longest dump that is read, in bytes: forty thousand routes. */
export const dumpLimit = 8 * 1024 * 1024;

/** One way to one destination. Addresses and names of interfaces hold no space. */
export function hopKey(prefix: Prefix, nextHop: string, interfaceName: string): string {
  return `${prefix} ${nextHop} ${interfaceName}`;
}

const routeLine =
  /^(\S+)(?: from (\S+))? metric [0-9]+ .{0,300} via (\S+) neigh (\S+)(?: nexthop \S+)?(?: \((installed|feasible)\))?$/;

/**
 * The last dump in a piece of log; nothing where there is none. Routes that depend on the source are
 * left out, and so is every line that is no route: what is not said to be feasible is not.
 */
export function parseFeasibility(log: string): FeasibilityDump | undefined {
  const begin = log.lastIndexOf("My id ");
  if (begin < 0) return undefined;
  const feasible = new Set<string>();
  let routes = 0;
  // The last line may still be being written.
  const complete = log.slice(begin, log.lastIndexOf("\n") + 1);
  for (const line of complete.split("\n")) {
    if (line.length > lineLength) continue;
    const match = routeLine.exec(line);
    const prefix = parsePrefix(match?.[1] ?? "");
    if (match === null || prefix === undefined) continue;
    const [, , source, interfaceName = "", nextHop = "", how] = match;
    if (source !== undefined && source !== "0.0.0.0/0" && source !== "::/0") continue;
    routes += 1;
    if (how !== undefined) feasible.add(hopKey(prefix, nextHop, interfaceName));
  }
  return { feasible, routes };
}
