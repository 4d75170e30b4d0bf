import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as Logger from "effect/Logger";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Counters } from "#adapters/counters/counters.ts";
import {
  type MachineState,
  machineState,
  memoryMachine,
} from "#adapters/machine/memory-machine.ts";
import type { Answer } from "#agent/agent/control-socket.ts";
import { ControlError } from "#agent/agent/control-socket.ts";
import { frozenBytes } from "#agent/incidents/detectors.ts";
import type { Incident } from "#agent/incidents/incident.ts";
import type { IncidentStore } from "#agent/incidents/incident-file.ts";
import { type IncidentKeeper, startIncidentKeeper } from "#agent/incidents/incident-keeper.ts";
import { diskReserve } from "#agent/incidents/incident-table.ts";
import { observer } from "#agent/incidents/observer.ts";
import {
  configOf,
  end,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  type Tampering,
  traffic,
} from "../agent/memory-routers.ts";
import { openChainLab } from "../settlement/chain/chain-lab.ts";
import { olderNeighbour } from "./older-neighbour.ts";

let world: MemoryRouters;
let machine: MachineState;
let forgotten = 0;

beforeEach(() => {
  world = memoryRouters();
  machine = machineState();
  machine.tables.set("meshtoll_ra", "1");
  forgotten = 0;
});
afterEach(() => end(world));

const noRoutes: Answer = () =>
  Effect.fail(new ControlError({ problem: "refused", words: "unknown request" }));

/** Every tunnel had its handshake, which a kernel in memory does not have by itself. */
const shaken = (real: Counters["Service"]): Counters["Service"] => ({
  ...real,
  read: (interfaces) =>
    Effect.map(real.read(interfaces), (all) => all.map((one) => ({ ...one, lastHandshake: 1n }))),
});

/** Starts a with a keeper that looks only when a test says so. */
async function watched(
  answer: Answer = noRoutes,
  tampering: Tampering = {},
  kept: { readonly store?: IncidentStore } = {},
): Promise<IncidentKeeper> {
  let keeper: IncidentKeeper | undefined;
  await start(world, "a", {
    counters: shaken,
    ...tampering,
    beside: (agent, { settlement }) =>
      Effect.gen(function* () {
        const observe = yield* observer(agent, answer, () => settlement.state().problem).pipe(
          Effect.provide(memoryMachine(machine)),
        );
        const forget = (): void => {
          forgotten += 1;
        };
        keeper = yield* startIncidentKeeper(agent, observe, forget, {
          interval: 3_600_000,
          ...kept,
        });
      }),
  });
  if (keeper === undefined) throw new Error("nobody watches");
  await Effect.runPromise(keeper.look.pipe(Effect.provide(Logger.layer([]))));
  return keeper;
}

/** Some looks, five seconds of the machine's clocks each. */
async function look(keeper: IncidentKeeper, times = 1): Promise<readonly Incident[]> {
  for (let i = 0; i < times; i++) {
    machine.monotonic += 5000;
    machine.civil += 5000;
    await Effect.runPromise(keeper.look.pipe(Effect.provide(Logger.layer([]))));
  }
  return keeper.book.incidents();
}

const open = (incidents: readonly Incident[]) =>
  incidents.filter((one) => one.open).map(({ kind }) => kind);

describe("somebody who watches an agent sees that", () => {
  test("nothing is wrong where nothing is", async () => {
    const keeper = await watched();
    await start(world, "b");
    await rounds(world, 6);
    expect(await look(keeper, 5)).toEqual([]);
  });

  test("a tunnel has no handshake: its name is looked up and it is called again, each minute", async () => {
    const called: string[] = [];
    const config = configOf("a", { endpoint: "b.example.net:51820" });
    world = { ...world, a: { ...world.a, config } };
    const keeper = await watched(noRoutes, {
      counters: (real) => real,
      tunnel: (real) => ({
        ...real,
        apply: (plan) => {
          called.push(plan.name);
          return real.apply(plan);
        },
      }),
    });
    called.length = 0;
    expect(await look(keeper, 5)).toEqual([]);
    expect(new Set(open(await look(keeper, 2)))).toEqual(new Set(["tunnel without handshake"]));
    expect(called).toEqual(["rab0", "rab1"]);
    await look(keeper, 12);
    expect(called).toHaveLength(4);
  });

  test("the routing daemon is gone, and is back", async () => {
    let babel = "off";
    const keeper = await watched(() => Effect.sync(() => ({ babel, why: "it ended", routes: [] })));
    expect(await look(keeper, 3)).toEqual([]);
    babel = "up";
    expect(await look(keeper, 3)).toEqual([]);
    babel = "down";
    expect(open(await look(keeper, 2))).toEqual(["routing daemon gone"]);
    expect(keeper.book.incidents()[0]?.detected).toBe("the routing daemon is down: it ended");
    babel = "up";
    expect(open(await look(keeper, 2))).toEqual([]);
    expect(keeper.book.incidents()).toHaveLength(1);
  });

  test("the disk of the journal is full, and has room again", async () => {
    const keeper = await watched();
    machine.disks.set("/nowhere/journal", diskReserve - 1n);
    expect(open(await look(keeper))).toEqual(["disk full"]);
    expect(keeper.book.incidents()[0]?.detected).toContain(`${diskReserve - 1n} bytes are free`);
    machine.disks.set("/nowhere/journal", diskReserve);
    expect(open(await look(keeper, 2))).toEqual([]);
  });

  test("the clock of people jumped, while billing goes on as if nothing were", async () => {
    const keeper = await watched();
    await start(world, "b");
    await rounds(world, 6);
    machine.civil += 86_400_000;
    expect(open(await look(keeper))).toEqual(["clock jumped"]);
    const before = world.a.agent?.counts.commits ?? 0;
    traffic(world, 900_000n);
    await rounds(world, 3);
    expect(world.a.agent?.counts.commits).toBeGreaterThan(before);
    expect(open(await look(keeper, 14))).toEqual([]);
  });

  test("the clock was set back and a tunnel fell silent: it is made anew, once for each time, and bills go on", async () => {
    const removed: string[] = [];
    let shakes = 1n;
    const keeper = await watched(noRoutes, {
      // Silent: WireGuard counts what it sends, and no handshake comes about.
      counters: (real) => ({
        ...real,
        read: (interfaces) =>
          Effect.map(real.read(interfaces), (all) =>
            all.map((one) => ({ ...one, lastHandshake: shakes })),
          ),
      }),
      tunnel: (real) => ({
        ...real,
        remove: (name) => {
          removed.push(name);
          return real.remove(name);
        },
      }),
    });
    await start(world, "b");
    await rounds(world, 6);
    const silent = async () => {
      for (let i = 0; i < 50; i++) {
        const tunnel = world.a.kernel.interfaces.get("rab1");
        if (tunnel !== undefined) tunnel.sent += 148n;
        await look(keeper);
      }
    };
    await silent();
    expect(open(keeper.book.incidents())).toContain("tunnel without handshake");
    expect(removed).toEqual([]);
    machine.civil -= 86_400_000;
    await silent();
    expect(removed).toEqual(["rab1"]);
    await silent();
    expect(removed).toEqual(["rab1"]);
    expect(world.a.kernel.interfaces.has("rab1")).toBe(true);
    machine.civil -= 86_400_000;
    await silent();
    expect(removed).toEqual(["rab1", "rab1"]);
    shakes = 2n;
    expect(open(await look(keeper, 3))).not.toContain("tunnel without handshake");
    const before = world.a.agent?.counts.commits ?? 0;
    traffic(world, 900_000n);
    await rounds(world, 4);
    expect(world.a.agent?.counts.commits).toBeGreaterThan(before);
    expect(world.a.agent?.stopped()).toBeUndefined();
  });

  test("WireGuard's counters stand still while the interface carries bytes", async () => {
    let frozen = false;
    const known = new Map<string, bigint>();
    const freezing = (real: Counters["Service"]): Counters["Service"] => ({
      ...real,
      read: (interfaces) =>
        Effect.map(real.read(interfaces), (all) =>
          all.map((one) => {
            const sent = frozen ? (known.get(one.interfaceName) ?? one.sent) : one.sent;
            known.set(one.interfaceName, sent);
            return { ...one, sent, lastHandshake: 1n };
          }),
        ),
    });
    const keeper = await watched(noRoutes, { counters: freezing });
    await start(world, "b");
    const carried = (sent: bigint) => machine.interfaces.set("rab1", { sent, received: 0n });
    await rounds(world, 6);
    carried(0n);
    await look(keeper);
    traffic(world, 900_000n);
    carried(900_000n);
    expect(await look(keeper)).toEqual([]);
    frozen = true;
    carried(900_000n + frozenBytes);
    expect(open(await look(keeper))).toEqual(["counters frozen"]);
    expect(keeper.book.incidents()[0]?.subject).toBe("b, rab1");
    frozen = false;
    carried(900_000n + 2n * frozenBytes);
    traffic(world, 900_000n);
    expect(open(await look(keeper, 3))).toEqual([]);
  });

  test("a neighbour speaks the protocol of the first release, in which both go on trading", async () => {
    const keeper = await watched();
    const { config } = world.b;
    const older = Effect.runFork(olderNeighbour(world.network, "agent test b", config));
    const heard = () => world.a.agent?.node().live[0]?.hello !== undefined;
    for (let i = 0; !heard() && i < 500; i++) {
      await rounds(world, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const incidents = await look(keeper);
    await Effect.runPromise(Fiber.interrupt(older));
    expect(open(incidents)).toEqual(["neighbour speaks an older version"]);
    expect(incidents[0]).toMatchObject({ subject: "b" });
    expect(incidents[0]?.detected).toBe("it speaks version 1, and we speak up to 2");
  });

  test("memory is short, and gives samples up until it is not", async () => {
    const keeper = await watched();
    machine.limit = 61_000_000n;
    expect(open(await look(keeper, 2))).toEqual(["memory is short"]);
    expect(forgotten).toBe(1);
    await look(keeper, 24);
    expect(forgotten).toBe(3);
    machine.limit = 100_000_000n;
    expect(open(await look(keeper, 2))).toEqual([]);
  });

  test("the packet filter's table is gone: it is made again, and the kernel is looked at", async () => {
    const keeper = await watched();
    const looks = world.a.agent?.counts.pokes ?? 0;
    machine.tables.delete("meshtoll_ra");
    expect(open(await look(keeper, 6))).toEqual(["packet filter table gone"]);
    expect(world.a.agent?.counts.pokes).toBeGreaterThan(looks);
    machine.tables.set("meshtoll_ra", "2");
    expect(open(await look(keeper, 20))).toEqual([]);
  });

  test("a look that throws is told of, and the next one looks again", async () => {
    let broken = false;
    const keeper = await watched(() => {
      if (broken) throw new Error("boom");
      return noRoutes(["routes"]);
    });
    broken = true;
    expect(await look(keeper)).toEqual([]);
    broken = false;
    machine.limit = 61_000_000n;
    expect(open(await look(keeper, 2))).toEqual(["memory is short"]);
  });
});

test("a chain that ends is an incident until it is asked elsewhere; traffic goes on", async () => {
  const lab = await openChainLab();
  try {
    world = memoryRouters({
      chain_id: `${lab.place.chainId}`,
      contract: lab.place.contract,
      channel_notice: "600",
      rpc: [lab.url],
      chain_interval: "50",
    });
    const keeper = await watched();
    const { settlement } = world.a.keeper ?? {};
    while (settlement?.state().block === undefined) {
      await lab.mine();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(open(await look(keeper, 3))).toEqual([]);
    await lab.close();
    while (settlement.state().problem === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(open(await look(keeper, 2))).toEqual(["chain not answering"]);
    expect(world.a.agent?.stopped()).toBeUndefined();
  } finally {
    await lab.close();
  }
});
