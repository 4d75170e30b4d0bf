import { describe, expect, test } from "vitest";
import { type RouteChange, routeChange, type TableRoute } from "#adapters/queueing/route-tables.ts";

/** Routing tables with the interfaces `one` and `two`, and what somebody else may do to them. */
export interface RouteTablesBench {
  readonly read: (tables: readonly number[]) => Promise<readonly TableRoute[]>;
  readonly write: (change: RouteChange) => Promise<void>;
  /** Deletes an interface, and what leads into it. */
  readonly unplug: (device: "one" | "two") => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The tables of every bench. */
export const benchTables = [5100, 5101] as const;

const [table, other] = benchTables;

const into = (prefix: string, device: string | undefined, where: number = table): TableRoute => ({
  table: where,
  prefix,
  device,
});

const sorted = (routes: readonly TableRoute[]) =>
  routes.map(({ table: at, prefix, device }) => `${at} ${prefix} ${device}`).sort();

const some: readonly TableRoute[] = [
  into("10.1.0.0/16", "one"),
  into("10.1.2.3/32", "two"),
  into("0.0.0.0/0", "one"),
  into("::/0", "two"),
  into("fd00:7::/32", "one"),
  into("fd00:7::1/128", "two"),
  into("10.1.0.0/16", "two", other),
  into("172.31.0.0/24", undefined),
  into("fd31::/64", undefined, other),
];

/** What every RouteTables does. */
export function routeTablesContract(name: string, make: () => Promise<RouteTablesBench>): void {
  const on = (claim: string, body: (bench: RouteTablesBench) => Promise<void>) =>
    test(claim, async () => {
      const bench = await make();
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  const become = async (bench: RouteTablesBench, wanted: readonly TableRoute[]) => {
    await bench.write(routeChange(await bench.read(benchTables), wanted));
    expect(sorted(await bench.read(benchTables))).toEqual(sorted(wanted));
  };

  describe(`route tables contract: ${name}`, () => {
    on("tables that nobody used are empty", async (bench) => {
      expect(await bench.read(benchTables)).toEqual([]);
    });

    on(
      "what is put is there, of both families and every kind, and in its table only",
      async (bench) => {
        await become(bench, some);
        expect(sorted(await bench.read([other]))).toEqual(
          sorted(some.filter((route) => route.table === other)),
        );
      },
    );

    on("a route changes its interface, and becomes a throw route and back", async (bench) => {
      await become(bench, [into("10.1.0.0/16", "one"), into("fd00:7::/32", "one")]);
      await become(bench, [into("10.1.0.0/16", "two"), into("fd00:7::/32", "two")]);
      await become(bench, [into("10.1.0.0/16", undefined), into("fd00:7::/32", undefined)]);
      await become(bench, [into("10.1.0.0/16", "one"), into("fd00:7::/32", "one")]);
    });

    on("what is removed is gone; gone already is fine", async (bench) => {
      await become(bench, some);
      await become(bench, some.slice(3));
      await bench.write({ removed: some, put: [] });
      await bench.write({ removed: some, put: [] });
      expect(await bench.read(benchTables)).toEqual([]);
    });

    on(
      "into an interface that is gone nothing can be put, but everything else is",
      async (bench) => {
        await bench.unplug("two");
        await expect(bench.write({ removed: [], put: some })).rejects.toThrow();
        expect(sorted(await bench.read(benchTables))).toEqual(
          sorted(some.filter(({ device }) => device !== "two")),
        );
      },
    );
  });
}
