import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { strangeDevice } from "#adapters/queueing/route-tables.ts";
import { routeTablesContract } from "../contracts/route-tables-contract.ts";
import { routeLab } from "../queueing/route-lab.ts";
import { skipsLab } from "./lab.ts";

describe.skipIf(skipsLab())("routing tables of the real kernel", () => {
  routeTablesContract("netlink", () => routeLab("netlink"));
  routeTablesContract("ip", () => routeLab("spawned"));

  for (const how of ["netlink", "spawned"] as const) {
    test(`what is not ours is neither seen nor touched, and what is strange is told (${how})`, async () => {
      const lab = await routeLab(how);
      try {
        const ip = (...words: readonly string[]) =>
          execFileSync("ip", ["-n", lab.namespace, ...words], { encoding: "utf8" });
        ip("route", "add", "10.5.0.0/16", "dev", "one", "table", "5100");
        ip(
          "route",
          "add",
          "10.6.0.0/16",
          "dev",
          "one",
          "table",
          "5100",
          "proto",
          "201",
          "metric",
          "7",
        );
        ip("route", "add", "blackhole", "10.7.0.0/16", "table", "5100", "proto", "201");
        const found = await lab.read([5100]);
        expect(found.map(({ prefix, device }) => [prefix, device])).toEqual(
          expect.arrayContaining([
            ["10.6.0.0/16", strangeDevice],
            ["10.7.0.0/16", strangeDevice],
          ]),
        );
        await lab.write({ removed: found, put: [] });
        expect(await lab.read([5100])).toEqual([]);
        expect(ip("route", "show", "table", "5100")).toMatch(/^10\.5\.0\.0\/16 dev one [^\n]*\n$/);
      } finally {
        await lab.close();
      }
    });
  }

  test("both ways write the same", async () => {
    const shown: string[] = [];
    for (const how of ["netlink", "spawned"] as const) {
      const lab = await routeLab(how);
      try {
        const route = (prefix: string, device?: string) => ({ table: 5100, prefix, device });
        await lab.write({
          removed: [],
          put: [route("10.1.0.0/16", "one"), route("fd00::/16", "two"), route("10.2.0.0/16")],
        });
        const show = (family: string) =>
          execFileSync(
            "ip",
            ["-n", lab.namespace, family, "-d", "route", "show", "table", "5100"],
            {
              encoding: "utf8",
            },
          );
        shown.push(show("-4") + show("-6"));
      } finally {
        await lab.close();
      }
    }
    expect(shown[0]).toBe(shown[1]);
  });
});
