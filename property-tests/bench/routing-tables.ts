import { routeChange, type TableRoute } from "#adapters/queueing/route-tables.ts";
import { benchTables } from "../contracts/route-tables-contract.ts";
import { labObstacle } from "../lab/lab.ts";
import { routeLab } from "../queueing/route-lab.ts";

/** What it costs to keep the kernel's tables, by netlink and by `ip`, in milliseconds of own CPU. */
export interface RoutingTables {
  /** Why nothing was measured. */
  readonly skipped?: string;
  readonly destinations: number;
  readonly netlink?: TableCost;
  /** The peer: `ip -batch`, without the CPU of that process. */
  readonly ip?: TableCost;
}

interface TableCost {
  /** All destinations, in both tables. */
  readonly putAll: number;
  /** One destination that goes another way. */
  readonly putOne: number;
  /** Reading both tables, to hold them against what they should be. */
  readonly check: number;
}

/** Needs root; leaves nothing behind. */
export async function routingTables(destinations = 10_000): Promise<RoutingTables> {
  const obstacle = labObstacle();
  if (obstacle !== undefined) return { skipped: obstacle, destinations };
  const routes = (device: string, count: number): readonly TableRoute[] =>
    Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`).flatMap((prefix) =>
      benchTables.map((table) => ({ table, prefix, device })),
    );
  const costs: TableCost[] = [];
  for (const how of ["netlink", "spawned"] as const) {
    const lab = await routeLab(how);
    try {
      const cost = async (work: Promise<unknown>): Promise<number> => {
        await work;
        return Math.round(lab.cost() / 10) / 100;
      };
      await lab.read(benchTables);
      const putAll = await cost(lab.write(routeChange([], routes("one", destinations))));
      const putOne = await cost(lab.write(routeChange(routes("one", 1), routes("two", 1))));
      costs.push({ putAll, putOne, check: await cost(lab.read(benchTables)) });
    } finally {
      await lab.close();
    }
  }
  const [netlink, ip] = costs;
  return { destinations, ...(netlink && { netlink }), ...(ip && { ip }) };
}
