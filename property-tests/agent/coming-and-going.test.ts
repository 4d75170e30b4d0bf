import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { QueueingError } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { statusOf } from "#agent/agent/request.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { nodeId } from "#core/units/node-id.ts";
import {
  drain,
  end,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

/** Two routers; b begins without knowing anybody. */
function strangers(): MemoryRouters {
  const world = memoryRouters();
  const config: Config = { ...world.b.config, neighbours: [] };
  return { ...world, b: { ...world.b, config } };
}

async function within(
  world: MemoryRouters,
  story: (world: MemoryRouters) => Promise<void>,
): Promise<void> {
  try {
    await story(world);
  } finally {
    await end(world);
  }
}

const accountOf = (agent: Agent, direction: "we pay" | "we are paid") =>
  statusOf(agent).neighbours[0]?.accounts.find((one) => one.direction === direction);

const withNeighbours = (agent: Agent, neighbours: readonly NeighbourConfig[]) =>
  Effect.runPromise(agent.amend((config) => ({ ...config, neighbours })));

/** A neighbour of the configuration that is nobody's router. */
const third = (like: NeighbourConfig, n = 1): NeighbourConfig => ({
  ...like,
  name: `c${n}`,
  id: nodeId(`03${n.toString(16).padStart(64, "0")}`),
  tunnelKey: Buffer.alloc(32, n).toString("base64"),
  listenPort: 53_000 + 8 * n,
});

/** Traffic and looks until both books are the same; what a signed is what b credited. */
async function trade(world: MemoryRouters, a: Agent, b: Agent): Promise<bigint> {
  await rounds(world, 6);
  for (let i = 0; i < 6; i++) {
    traffic(world, 300_000n, 10n);
    await rounds(world, 2);
  }
  await drain(world);
  const [pays, isPaid] = [accountOf(a, "we pay"), accountOf(b, "we are paid")];
  expect(pays?.settled).toBe(pays?.amount);
  expect(isPaid?.settled).toBe(pays?.settled);
  expect(a.counts.throttles + b.counts.throttles).toBe(0);
  return pays?.settled ?? 0n;
}

describe("neighbours come and go while the agent runs", () => {
  test("who comes is billed like one that was there at the start", () =>
    within(strangers(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      await rounds(world, 3);
      expect(world.b.kernel.interfaces.size).toBe(0);
      await withNeighbours(b, memoryRouters().b.config.neighbours);
      expect([...world.b.kernel.interfaces.keys()]).toEqual(["rba0", "rba1"]);
      expect(await trade(world, a, b)).toBeGreaterThan(50_000_000n);
    }));

  test("who stays keeps tunnel, counters and quota while others come and go", () =>
    within(memoryRouters(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      await trade(world, a, b);
      const tunnel = { ...world.b.kernel.interfaces.get("rba1") };
      const neighbours = b.config().neighbours;
      const [first] = neighbours;
      if (first === undefined) throw new Error("b has no neighbour");
      await withNeighbours(b, [third(first, 1), ...neighbours, third(first, 2)]);
      expect(world.b.kernel.interfaces.get("rba1")).toEqual(tunnel);
      expect(b.blueprint().neighbours.map(({ queue }) => queue.index)).toEqual([1, 0, 2]);
      await withNeighbours(b, [...neighbours, third(first, 2)]);
      expect(world.b.kernel.interfaces.has("rbc11")).toBe(false);
      expect(b.blueprint().neighbours.map(({ queue }) => queue.index)).toEqual([0, 2]);
      expect(world.b.kernel.interfaces.get("rba1")).toEqual(tunnel);
      const before = accountOf(a, "we pay")?.resets;
      await trade(world, a, b);
      expect(accountOf(a, "we pay")?.resets).toBe(before);
    }));

  test("a throttled neighbour stays throttled when another one comes", () =>
    within(memoryRouters(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      await rounds(world, 6);
      const zero = { type: "LimitSpending", neighbour: 0, limit: 0n as never } as const;
      await Effect.runPromise(a.ask({ type: "Wish", wish: zero }));
      const wire = world.b.kernel.interfaces.get("rba1");
      if (wire !== undefined) wire.received += 60_000_000n; // a cheat: it never asked its quota
      for (let i = 0; i < 4; i++) await rounds(world, 1);
      expect(wire?.throttled).toBe(true);
      const neighbours = b.config().neighbours;
      await withNeighbours(b, [...neighbours, third(neighbours[0] as NeighbourConfig)]);
      expect(wire?.throttled).toBe(true);
    }));

  test("who goes is paid to the last byte, and finds its account where it left it", () =>
    within(memoryRouters(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      await trade(world, a, b);
      const neighbours = a.config().neighbours;
      traffic(world, 100_000n);
      await withNeighbours(a, []);
      await rounds(world, 2);
      expect(world.a.kernel.interfaces.size).toBe(0);
      const left = accountOf(a, "we pay");
      expect(left?.settled).toBe(left?.amount);
      await withNeighbours(a, neighbours);
      const again = await trade(world, a, b);
      expect(again).toBeGreaterThan(left?.settled ?? 0n);
      const back = accountOf(a, "we pay");
      // T8: a tunnel that was made again is a counter of unknown past, at most c for each.
      expect(back?.overpaymentBound).toBe(
        (left?.overpaymentBound ?? 0n) + 2_000_000n * 200_000_000n,
      );
    }));

  test("a neighbour with another tunnel key keeps its account, and both books agree", () =>
    within(memoryRouters(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      const before = await trade(world, a, b);
      const tunnelKey = Buffer.alloc(32, 9).toString("base64");
      await withNeighbours(
        a,
        a.config().neighbours.map((one) => ({ ...one, tunnelKey })),
      );
      expect(world.a.kernel.interfaces.get("rab1")?.peerKey).toBe(tunnelKey);
      expect(await trade(world, a, b)).toBeGreaterThan(before);
      expect(statusOf(a).neighbours).toHaveLength(1);
    }));

  test("a change that the kernel refuses changes nothing, and loses nothing", () =>
    within(memoryRouters(), async (world) => {
      let refusing = false;
      const a = await start(world, "a");
      const b = await start(world, "b", {
        queueing: (real) => ({
          ...real,
          attach: (plans, routes) =>
            refusing && plans.length > 1
              ? Effect.fail(new QueueingError({ words: "no queue to be had" }))
              : real.attach(plans, routes),
        }),
      });
      await trade(world, a, b);
      refusing = true;
      const { config: was } = { config: b.config() };
      const more = [...was.neighbours, third(was.neighbours[0] as NeighbourConfig)];
      const refused = b.amend((config) => ({ ...config, neighbours: more }));
      expect((await Effect.runPromise(Effect.flip(refused))).message).toBe("no queue to be had");
      expect(b.config()).toBe(was);
      expect([...world.b.kernel.interfaces.keys()]).toEqual(["rba0", "rba1"]);
      await trade(world, a, b);
    }));

  test("killed and started with the same neighbours, whoever came is still there", () =>
    within(strangers(), async (world) => {
      const [a, b] = [await start(world, "a"), await start(world, "b")];
      const { neighbours } = memoryRouters().b.config;
      await withNeighbours(b, neighbours);
      await trade(world, a, b);
      await kill(world.b);
      const later = { ...world, b: { ...world.b, config: { ...world.b.config, neighbours } } };
      const again = await start(later, "b");
      await trade(later, a, again);
      await kill(later.b);
    }));
});
