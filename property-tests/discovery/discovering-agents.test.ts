import { randomBytes } from "node:crypto";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import {
  type MemoryCable,
  memoryCable,
  memoryDiscovery,
} from "#adapters/discovery/memory-discovery.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { carry } from "#adapters/memory-kernel/memory-kernel.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { discoveredFacts } from "#agent/agent/discovered-request.ts";
import { toJson } from "#agent/agent/facts.ts";
import type { RememberedStore } from "#agent/agent/remembered-file.ts";
import type { RememberedNeighbour } from "#agent/agent/remembered-neighbour.ts";
import { answerRequest, statusOf } from "#agent/agent/request.ts";
import { discoveredLines } from "#agent/cli/discovered-command.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import {
  drain,
  end,
  kill,
  type MemoryRouter,
  type MemoryRouters,
  memoryRouters,
  type RouterName,
  rounds,
  start,
} from "../agent/memory-routers.ts";
import { eventually } from "../contracts/link-contract.ts";

const idOf = (name: RouterName) => keysFromSeed(`agent test ${name}`).nodeId;

function memoryStore(): RememberedStore {
  let kept: readonly RememberedNeighbour[] = [];
  return {
    load: Effect.sync(() => kept),
    save: (all) =>
      Effect.sync(() => {
        kept = all;
      }),
  };
}

/** A router that looks for neighbours on a cable. @param options beyond those of every one here. */
function looking(
  router: MemoryRouter,
  name: RouterName,
  cable: MemoryCable,
  options: Record<string, unknown>,
): MemoryRouter {
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
  const plugs = [{ cable, interfaceName: "eth0", address: `fe80::${name}` }];
  return {
    ...router,
    config: reading.config,
    remembered: memoryStore(),
    discovery: memoryDiscovery({
      plugs,
      classes: 1,
      random: (length) => new Uint8Array(randomBytes(length)),
      every: 50,
      shares: {
        // Rounds are faster here than anywhere; shares are the business of tests of their own.
        ofOne: { perSecond: 1000, burst: 1000 },
        ofStrangers: { perSecond: 1000, burst: 1000 },
      },
    }),
  };
}

function strangers(
  cable: MemoryCable,
  options: Partial<Record<RouterName, Record<string, unknown>>> = {},
): MemoryRouters {
  const world = memoryRouters();
  return {
    ...world,
    a: looking(world.a, "a", cable, options.a ?? {}),
    b: looking(world.b, "b", cable, options.b ?? {}),
  };
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

const asked = async (router: MemoryRouter, ...request: readonly [string, ...string[]]) => {
  if (router.agent === undefined) throw new Error("it does not run");
  const { agent, finder } = router;
  const answer = answerRequest(agent, Deferred.makeUnsafe(), { finder });
  return Effect.runPromise(answer(request));
};

const stateOf = async (router: MemoryRouter) => {
  const { peers } = (await asked(router, "discovered")) as ReturnType<typeof discoveredFacts>;
  return peers[0]?.state;
};

const neighbourOf = (router: MemoryRouter) => router.agent?.config().neighbours[0];

const met = (world: MemoryRouters) =>
  eventually(async () => {
    const both = [await stateOf(world.a), await stateOf(world.b)];
    return both.every((state) => state === "neighbour");
  });

const account = (agent: Agent | undefined, direction: "we pay" | "we are paid") => {
  if (agent === undefined) throw new Error("it does not run");
  return statusOf(agent).neighbours[0]?.accounts.find((one) => one.direction === direction);
};

/** Paid traffic from a to b on the tunnels that were found, until both books are the same. */
async function trade(world: MemoryRouters): Promise<bigint> {
  await rounds(world, 6);
  const tunnel = (router: MemoryRouter) =>
    router.kernel.interfaces.get(router.agent?.blueprint().neighbours[0]?.interfaces[1] ?? "");
  for (let i = 0; i < 6; i++) {
    carry(tunnel(world.a), tunnel(world.b), 300_000n, 10n);
    await rounds(world, 2);
  }
  await drain(world);
  const [pays, isPaid] = [account(world.a.agent, "we pay"), account(world.b.agent, "we are paid")];
  expect(pays?.settled).toBe(pays?.amount);
  expect(isPaid?.settled).toBe(pays?.settled);
  return pays?.settled ?? 0n;
}

describe("agents that know nothing of each other but the cable", () => {
  test("find each other, make tunnels, and bill each other to the grain", () =>
    within(strangers(memoryCable()), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await met(world);
      expect(neighbourOf(world.a)).toMatchObject({
        id: idOf("b"),
        tunnelKey: keysFromSeed("agent test b").tunnelPublicKey,
        endpoint: { host: "fe80::b%eth0", port: neighbourOf(world.b)?.listenPort },
      });
      expect(neighbourOf(world.a)?.name).toBe(`n${idOf("b").slice(2, 9)}`);
      const facts = JSON.parse(toJson(await asked(world.a, "discovered")));
      expect(discoveredLines(facts)).toEqual([
        `n${idOf("b").slice(2, 9)}  neighbour  eth0             ${idOf("b")}  it proved to be here, and accepted us`,
      ]);
      expect(await trade(world)).toBeGreaterThan(50_000_000n);
    }));

  test("a stranger gets no credit unless the operator says so: all of it rides the free class", () =>
    within(strangers(memoryCable(), { b: { discovery_credit: "0" } }), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await met(world);
      await rounds(world, 8);
      expect(account(world.a.agent, "we pay")?.leased).toBe(0n);
      expect(account(world.b.agent, "we are paid")?.exposureBound).toBe(0n);
    }));

  test("found again after a restart, from what is remembered, without a word on the cable", () => {
    const cable = memoryCable();
    return within(strangers(cable), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await met(world);
      const before = await trade(world);
      const name = neighbourOf(world.a)?.name;
      await kill(world.a);
      cable.unplug("fe80::a");
      await start(world, "a");
      expect(neighbourOf(world.a)?.name).toBe(name);
      expect(await trade(world)).toBeGreaterThan(before);
    });
  });

  test("where an operator is asked, nothing happens until both say yes; forgotten, it stays away", () => {
    const ask = { discovery_policy: "ask" };
    return within(strangers(memoryCable(), { a: ask, b: ask }), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await eventually(async () => (await stateOf(world.a)) === "asking");
      await eventually(async () => (await stateOf(world.b)) === "asking");
      expect(world.a.agent?.config().neighbours).toEqual([]);
      await expect(asked(world.a, "accept", "zoe")).rejects.toMatchObject({
        words: expect.stringContaining("nobody that was found"),
      });
      expect(await asked(world.a, "accept", idOf("b").slice(0, 12))).toBe("accepted");
      await eventually(async () => (await stateOf(world.a)) === "waiting");
      expect(world.a.kernel.interfaces.size).toBe(2);
      expect(await asked(world.b, "accept", idOf("a"))).toBe("accepted");
      await met(world);
      const paid = await trade(world);
      expect(await asked(world.a, "forget", neighbourOf(world.a)?.name ?? "")).toBe("forgotten");
      expect(world.a.kernel.interfaces.size).toBe(0);
      await eventually(async () => (await stateOf(world.a)) === "refused");
      await new Promise((done) => setTimeout(done, 200));
      expect(world.a.agent?.config().neighbours).toEqual([]);
      expect(await asked(world.a, "accept", idOf("b"))).toBe("accepted");
      await met(world);
      expect(await trade(world)).toBeGreaterThan(paid);
    });
  });

  test("with the policy off a stranger is ignored, and one that is written by its id is found", () => {
    const off = { discovery_policy: "off" };
    const writtenB = {
      neighbours: [{ name: "berta", id: idOf("b"), deposit_in: "1 USDC", deposit_out: "1 USDC" }],
    };
    return within(
      strangers(memoryCable(), { a: { ...off, ...writtenB }, b: off }),
      async (world) => {
        await Promise.all([start(world, "a"), start(world, "b")]);
        await eventually(async () => (await stateOf(world.b)) === "ignored");
        await eventually(() => world.a.kernel.interfaces.size === 2);
        expect([...world.a.kernel.interfaces.keys()]).toEqual(["raberta0", "raberta1"]);
        expect(world.b.kernel.interfaces.size).toBe(0);
      },
    );
  });

  test("a written price is read again beside neighbours that were found, and they stay", () =>
    within(strangers(memoryCable()), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await met(world);
      const { config, finder } = world.b;
      const dearer = { ...config, discovery: { ...config.discovery, price: 80_000_000n as never } };
      if (finder === undefined) throw new Error("b looks for nobody");
      await Effect.runPromise(finder.reload(dearer));
      await rounds(world, 4);
      expect(account(world.b.agent, "we are paid")?.price).toBe(80_000_000n);
      expect(await trade(world)).toBeGreaterThan(0n);
    }));

  test("more strangers than the limit wait; a stranger with another's tunnel key is refused", () => {
    const cable = memoryCable();
    return within(strangers(cable, { a: { discovery_limit: "0" } }), async (world) => {
      await Promise.all([start(world, "a"), start(world, "b")]);
      await eventually(async () => (await stateOf(world.a)) === "failed");
      expect(world.a.agent?.config().neighbours).toEqual([]);
    });
  });
});
