import * as Effect from "effect/Effect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryNetlinkKernel, memoryNetlink } from "#adapters/netlink/memory-netlink.ts";
import { Netlink } from "#adapters/netlink/netlink.ts";
import { messageBytes } from "#adapters/netlink/netlink-message.ts";
import { memoryRouteTables } from "#adapters/queueing/memory-route-tables.ts";
import { netlinkRouteTables } from "#adapters/queueing/netlink-route-tables.ts";
import { routeChange, strangeDevice, type TableRoute } from "#adapters/queueing/route-tables.ts";
import { parseRoutes } from "#adapters/queueing/spawned-route-tables.ts";
import { routeTablesContract } from "../contracts/route-tables-contract.ts";

routeTablesContract("in memory", async () => {
  const tables = memoryRouteTables(["one", "two"]);
  return {
    read: (which) => Effect.runPromise(tables.read(which)),
    write: (change) => Effect.runPromise(tables.write(change)),
    unplug: async (device) => {
      tables.devices.delete(device);
      for (const [key, route] of tables.routes)
        if (route.device === device) tables.routes.delete(key);
    },
    close: async () => {},
  };
});

const routes: fc.Arbitrary<readonly TableRoute[]> = fc.uniqueArray(
  fc.record({
    table: fc.constantFrom(1, 2),
    prefix: fc.integer({ min: 0, max: 20 }).map((n) => `10.0.${n}.0/24`),
    device: fc.constantFrom("a", "b", undefined),
  }),
  { selector: ({ table, prefix }) => `${table} ${prefix}`, maxLength: 30 },
);

describe("the smallest change of routes", () => {
  test("leads to what is wanted, touches nothing that stays, and a second one is nothing", () => {
    fc.assert(
      fc.property(routes, routes, (before, wanted) => {
        const { removed, put } = routeChange(before, wanted);
        const stays = before.filter((one) =>
          wanted.some((other) => JSON.stringify(other) === JSON.stringify(one)),
        );
        for (const one of stays) {
          expect([...removed, ...put].some((other) => other === one)).toBe(false);
        }
        const key = ({ table, prefix }: TableRoute) => `${table} ${prefix}`;
        const after = new Map(before.map((one) => [key(one), one]));
        for (const one of removed) after.delete(key(one));
        for (const one of put) after.set(key(one), one);
        expect(routeChange([...after.values()], wanted)).toEqual({ removed: [], put: [] });
        expect(removed.length + put.length + stays.length).toBeLessThanOrEqual(
          before.length + wanted.length,
        );
      }),
    );
  });

  test("a route that we would never write so is removed before it is put", () => {
    const odd = { table: 1, prefix: "10.0.0.0/24", device: strangeDevice };
    const right = { ...odd, device: "a" };
    expect(routeChange([odd], [right])).toEqual({ removed: [odd], put: [right] });
  });
});

describe("what the tools and the kernel say of routes", () => {
  test("ip of several versions: flags and scopes more or less, metrics of IPv6, default and single addresses", () => {
    const old =
      '[{"dst":"10.1.0.0/16","dev":"one","scope":"link","flags":[]},{"dst":"default","dev":"two","scope":"link","flags":["linkdown"]}]';
    expect(parseRoutes(old, "-4", 7)).toEqual([
      { table: 7, prefix: "10.1.0.0/16", device: "one" },
      { table: 7, prefix: "0.0.0.0/0", device: "two" },
    ]);
    const six =
      '[{"dst":"fd00::1","dev":"one","metric":1024,"flags":[],"pref":"medium"},{"type":"throw","dst":"fd31::/64","dev":"lo","metric":1024,"error":-11}]';
    expect(parseRoutes(six, "-6", 7)).toEqual([
      { table: 7, prefix: "fd00::1/128", device: "one" },
      { table: 7, prefix: "fd31::/64", device: undefined },
    ]);
    expect(parseRoutes("", "-4", 7)).toEqual([]);
    const odd =
      '[{"dst":"10.1.0.0/16","gateway":"10.0.0.1","dev":"one"},{"dst":"10.2.0.0/16","dev":"-x y"}]';
    expect(parseRoutes(odd, "-4", 7).map(({ device }) => device)).toEqual([
      strangeDevice,
      strangeDevice,
    ]);
  });

  test("any text is routes, or an error of its form", () => {
    const piece = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .array(
          fc.record({
            dst: fc.oneof(fc.string(), fc.constant("default"), fc.ipV4()),
            dev: fc.anything(),
          }),
        )
        .map((all) => {
          return (
            JSON.stringify(all, (_, value) => (typeof value === "bigint" ? "big" : value)) ?? ""
          );
        }),
    );
    fc.assert(
      fc.property(piece, fc.constantFrom("-4" as const, "-6" as const), (text, family) => {
        try {
          for (const { prefix } of parseRoutes(text, family, 7)) expect(prefix).toContain("/");
        } catch (error) {
          expect(error instanceof TypeError || error instanceof SyntaxError).toBe(true);
        }
      }),
    );
  });

  test("whatever the kernel would answer by netlink is routes of ours, or an error", async () => {
    const message = (type: number, sequence: number, body: Uint8Array): Uint8Array =>
      messageBytes({ type, flags: 2, sequence, body });
    const done = (sequence: number) => message(3, sequence, new Uint8Array(4));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }),
        async (bodies) => {
          const kernel: MemoryNetlinkKernel = {
            available: true,
            listeners: new Set(),
            answer: (_, request) => {
              const view = new DataView(request.buffer, request.byteOffset);
              const sequence = view.getUint32(8, true);
              const asked = view.getUint16(4, true);
              const routes = asked === 26 ? bodies.map((body) => marked(body)) : [];
              return [...routes.map((body) => message(24, sequence, body)), done(sequence)].map(
                (bytes) => ({
                  kind: "Datagram" as const,
                  bytes,
                }),
              );
            },
          };
          const outcome = await Effect.runPromise(
            Effect.flatMap(Netlink, (netlink) => netlinkRouteTables(netlink).read([5100])).pipe(
              Effect.provide(memoryNetlink(kernel)),
              Effect.result,
            ),
          );
          if (outcome._tag === "Success") {
            for (const { table, prefix } of outcome.success) {
              expect([table, prefix.includes("/")]).toEqual([5100, true]);
            }
          }
        },
      ),
    );
  });
});

/** As if it were a route of ours: its protocol stands in the sixth byte. */
function marked(body: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(body);
  if (copy.length > 5) copy[5] = 201;
  return copy;
}
