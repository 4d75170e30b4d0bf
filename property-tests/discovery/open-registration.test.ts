import { randomBytes } from "node:crypto";
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { memoryCable, memoryDiscovery } from "#adapters/discovery/memory-discovery.ts";
import { carry } from "#adapters/memory-kernel/memory-kernel.ts";
import type { RememberedStore } from "#agent/agent/remembered-file.ts";
import { statusOf } from "#agent/agent/request.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import {
  drain,
  end,
  type MemoryRouter,
  type MemoryRouters,
  memoryRouters,
  type RouterName,
  rounds,
  start,
} from "../agent/memory-routers.ts";
import { eventually } from "../contracts/link-contract.ts";

const forgetful = (): RememberedStore => ({ load: Effect.succeed([]), save: () => Effect.void });

/** L for a stranger, and the tariff of the exit, in grains. */
const credit = 2_000_000_000_000_000n;
const tariff = 20_000_000n;

/** b is an exit for whoever is found on its cable, a a client of whoever is one. Nobody is written. */
function open(): MemoryRouters {
  const [world, cable] = [memoryRouters(), memoryCable()];
  const looking = (name: RouterName, options: Record<string, string>): MemoryRouter => {
    const reading = readConfigText(
      JSON.stringify({
        journal: "/nowhere/journal",
        keys: "/nowhere/keys",
        interface_prefix: `r${name}`,
        pay_threshold: "0.00004 USDC",
        credit_limit: "0.002 USDC",
        reservation: "2MB",
        read_chunk: "500kB",
        price_cap: "0.20/GB",
        round_trip: "1MB",
        poke_interval: "3600000",
        discovery_interface: ["eth0"],
        discovery_policy: "accept",
        discovery_credit: "0.002 USDC",
        discovery_deposit: "1 USDC",
        ...options,
      }),
    );
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const share = { perSecond: 1000, burst: 1000 };
    return {
      ...world[name],
      config: reading.config,
      remembered: forgetful(),
      discovery: memoryDiscovery({
        plugs: [{ cable, interfaceName: "eth0", address: `fe80::${name}` }],
        classes: 1,
        random: (length) => new Uint8Array(randomBytes(length)),
        every: 50,
        shares: { ofOne: share, ofStrangers: share },
      }),
    };
  };
  return {
    ...world,
    a: looking("a", { discovery_delivery: "client" }),
    b: looking("b", { discovery_delivery: "exit", discovery_tariff: "0.02/GB" }),
  };
}

const delivery = ({ agent }: MemoryRouter) => {
  const accounts = agent === undefined ? [] : (statusOf(agent).neighbours[0]?.accounts ?? []);
  return accounts.find((one) => one.delivery);
};

/** What the exit sends to the client, so far as its quota lets it. */
async function deliver(world: MemoryRouters, bytes: bigint): Promise<void> {
  const tunnel = ({ kernel, agent }: MemoryRouter) =>
    kernel.interfaces.get(agent?.blueprint().neighbours[0]?.interfaces[1] ?? "");
  carry(tunnel(world.b), tunnel(world.a), bytes, 0n);
  await rounds(world, 2);
}

async function within(story: (world: MemoryRouters) => Promise<void>): Promise<void> {
  const world = open();
  try {
    await Promise.all([start(world, "a"), start(world, "b")]);
    await eventually(async () => [world.a, world.b].every((one) => delivery(one) !== undefined));
    await rounds(world, 8);
    await story(world);
  } finally {
    await end(world);
  }
}

describe("a gateway that is open to whoever comes", () => {
  test("delivers to a key that it never saw before, and is paid for it to the grain", () =>
    within(async (world) => {
      for (let i = 0; i < 6; i++) await deliver(world, 300_000n);
      await drain(world);
      const [client, exit] = [delivery(world.a), delivery(world.b)];
      expect(client?.direction).toBe("we pay");
      expect(exit?.settled).toBe(1_800_000n * tariff);
      expect(client?.settled).toBe(exit?.settled);
    }));

  test("loses L to a stranger that never pays, and not a byte more", () =>
    within(async (world) => {
      const wish = { type: "LimitSpending", neighbour: 0, limit: 0n } as const;
      const { agent } = world.a;
      await Effect.runPromise(agent?.ask({ type: "Wish", wish: wish as never }) ?? Effect.void);
      for (let i = 0; i < 30; i++) await deliver(world, 10_000_000n);
      await drain(world);
      const exit = delivery(world.b);
      expect(exit?.settled).toBe(0n);
      expect(exit?.exposure).toBeGreaterThan(credit / 2n);
      expect(exit?.exposure).toBeLessThanOrEqual(credit);
      expect(exit?.leased).toBe(credit / tariff);
    }));
});
