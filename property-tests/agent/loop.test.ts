import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { AgentStopped, batchLimit, inputLimit } from "#agent/agent/agent.ts";
import { statusOf } from "#agent/agent/request.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import type { Money } from "#core/units/money.ts";
import {
  configOf,
  drain,
  end,
  eventsOf,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  type Tampering,
  traffic,
} from "./memory-routers.ts";

/** Runs a story with both routers, and ends their agents whatever comes of it. */
async function withRouters(story: (world: MemoryRouters) => Promise<void>): Promise<void> {
  const world = memoryRouters();
  try {
    await story(world);
  } finally {
    await end(world);
  }
}

const accounts = (world: MemoryRouters, name: "a" | "b") => {
  const { agent } = world[name];
  if (agent === undefined) throw new Error(`${name} does not run`);
  return statusOf(agent).neighbours[0]?.accounts ?? [];
};

const paying = (world: MemoryRouters) =>
  accounts(world, "a").find((one) => one.direction === "we pay");
const paid = (world: MemoryRouters) =>
  accounts(world, "b").find((one) => one.direction === "we are paid");

/** A journal that fails once it has taken so many appends. */
const failingAfter = (appends: number): Tampering => {
  let left = appends;
  return {
    journal: (real) => ({
      ...real,
      append: (commits) =>
        Effect.suspend(() => {
          left -= 1;
          if (left >= 0) return real.append(commits);
          return Effect.fail(
            new JournalError({ problem: "sync failed", words: "the disk is broken" }),
          );
        }),
    }),
  };
};

describe("the loop", () => {
  test("bytes sent on a paid tunnel are reserved, paid and credited to the grain", () =>
    withRouters(async (world) => {
      await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      let sent = 0n;
      for (let i = 0; i < 20; i++) {
        sent += traffic(world, 300_000n, 20n).sent;
        await rounds(world, 2);
      }
      await drain(world);
      expect(sent).toBe(6_000_000n);
      expect(paying(world)).toMatchObject({ position: sent, raw: sent });
      expect(paying(world)?.settled).toBe(paying(world)?.amount);
      expect(paid(world)?.settled).toBe(paying(world)?.settled);
      expect(paid(world)?.exposure).toBe(0n);
    }));

  test("no output is performed before the events it follows from are durable", () =>
    withRouters(async (world) => {
      const order: string[] = [];
      let durable = 0;
      const tampering: Tampering = {
        journal: (real) => ({
          ...real,
          append: (commits) =>
            Effect.gen(function* () {
              order.push("append begins");
              yield* Effect.yieldNow;
              const last = yield* real.append(commits);
              durable = eventsOf(world.a).length;
              order.push("durable");
              return last;
            }),
        }),
        link: (real) => ({
          ...real,
          send: (to, bytes) =>
            Effect.suspend(() => {
              order.push("send");
              return real.send(to, bytes);
            }),
        }),
        queueing: (real) => ({
          ...real,
          setLimits: (before, quotas, gates) =>
            Effect.suspend(() => {
              const reserved = replayed(world).neighbours[0]?.outbound[0]?.reserved ?? 0n;
              for (const { limit } of quotas) expect(limit).toBeLessThanOrEqual(reserved);
              order.push("limit");
              return real.setLimits(before, quotas, gates);
            }),
        }),
      };
      await start(world, "a", tampering);
      await start(world, "b");
      await rounds(world, 6);
      traffic(world, 1_500_000n);
      await rounds(world, 4);
      await drain(world);
      expect(durable).toBe(eventsOf(world.a).length);
      for (const [i, what] of order.entries()) {
        if (what === "append begins") expect(order[i + 1]).toBe("durable");
      }
      expect(order.filter((one) => one === "send").length).toBeGreaterThan(3);
      expect(order.filter((one) => one === "limit").length).toBeGreaterThan(0);
    }));

  test("what is not durable is neither believed nor done, and the kernel keeps what it was told", () =>
    withRouters(async (world) => {
      let sends = 0;
      const agent = await start(world, "a", {
        ...failingAfter(4),
        link: (real) => ({
          ...real,
          send: (to, bytes) =>
            Effect.suspend(() => {
              sends += 1;
              return real.send(to, bytes);
            }),
        }),
      });
      await start(world, "b");
      for (let i = 0; i < 20 && agent.stopped() === undefined; i++) {
        await rounds(world, 1);
        traffic(world, 300_000n);
      }
      expect(agent.stopped()).toBe("the disk is broken");
      expect(agent.node().ledger).toEqual(replayed(world));
      expect(agent.alarms.at(-1)).toContain("forwarding goes on: the disk is broken");
      const told = world.a.kernel.interfaces.get("rab1")?.quota;
      const before = sends;
      const answer = await Effect.runPromise(Effect.flip(agent.look));
      expect(answer).toBeInstanceOf(AgentStopped);
      const asked = agent.ask({ type: "Wish", wish: { type: "Settle" } });
      expect((await Effect.runPromise(Effect.flip(asked))).message).toContain("the disk is broken");
      expect(sends).toBe(before);
      expect(world.a.kernel.interfaces.get("rab1")?.quota).toBe(told);
      expect(world.a.kernel.interfaces.has("rab0")).toBe(true);
    }));

  test("inputs that wait together share a sync, at most 64, in order, and none is lost", () =>
    withRouters(async (world) => {
      let appends = 0;
      let most = 0;
      const agent = await start(world, "a", {
        journal: (real) => ({
          ...real,
          append: (commits) =>
            Effect.suspend(() => {
              appends += 1;
              const events = commits.flatMap((one) => decodeCommit(one));
              most = Math.max(most, events.filter((one) => one.type === "SpendingLimited").length);
              return real.append(commits);
            }),
        }),
      });
      appends = 0;
      const many = 2 * inputLimit + 1;
      const limits = Array.from({ length: many }, (_, i) => BigInt(i + 1) as Money);
      const asked = limits.map((limit) =>
        agent.ask({ type: "Wish", wish: { type: "LimitSpending", neighbour: 0, limit } }),
      );
      await Effect.runPromise(Effect.all(asked, { concurrency: "unbounded", discard: true }));
      const journaled = eventsOf(world.a).flatMap((one) =>
        one.type === "SpendingLimited" ? [one.limit] : [],
      );
      expect(journaled).toEqual(limits);
      expect(most).toBe(batchLimit);
      expect(appends).toBeLessThan(many / 16);
    }));

  test("two looks that wait together are one reading, not two that agree", () =>
    withRouters(async (world) => {
      const agent = await start(world, "a");
      await start(world, "b");
      await rounds(world, 8);
      const { sent } = traffic(world, 400_000n);
      expect(sent).toBe(400_000n);
      const looks = Effect.all([agent.look, agent.look, agent.look], { concurrency: "unbounded" });
      await Effect.runPromise(looks);
      const meter = agent.node().live[0]?.paths[0]?.outMeter;
      expect(meter?.last).toBe(400_000n);
      expect(meter?.confirmed).toBe(0n);
      await rounds(world, 1);
      expect(agent.node().live[0]?.paths[0]?.outMeter?.confirmed).toBe(400_000n);
    }));

  test("an interface that vanished is made again, closed, and costs at most one chunk", () =>
    withRouters(async (world) => {
      const agent = await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      const { sent } = traffic(world, 700_000n);
      await rounds(world, 2);
      world.a.kernel.interfaces.delete("rab1");
      await rounds(world, 3);
      expect(agent.counts.repairs).toBe(1);
      const account = paying(world);
      expect(account?.resets).toBe(1n);
      expect(account?.overpaymentBound).toBe(2_000_000n * 200_000_000n);
      expect((account?.position ?? 0n) - sent).toBeLessThanOrEqual(2_000_000n);
      expect(traffic(world, 100_000n).sent).toBe(100_000n);
    }));

  test("a standing that the kernel refused is tried again at the next look", () =>
    withRouters(async (world) => {
      let refusals = 2;
      await start(world, "a");
      const b = await start(world, "b", {
        queueing: (real) => ({
          ...real,
          setStanding: (plan, standing) =>
            Effect.suspend(() => {
              if (refusals === 0) return real.setStanding(plan, standing);
              refusals -= 1;
              return Effect.fail({ _tag: "QueueingError", words: "busy" } as never);
            }),
        }),
      });
      await rounds(world, 6);
      const { agent } = world.a;
      const zero = { type: "LimitSpending", neighbour: 0, limit: 0n as never } as const;
      if (agent !== undefined) await Effect.runPromise(agent.ask({ type: "Wish", wish: zero }));
      const wire = world.b.kernel.interfaces.get("rba1");
      if (wire !== undefined) wire.received += 60_000_000n; // a cheat: it never asked its quota
      for (let i = 0; i < 4; i++) await rounds(world, 1);
      expect(refusals).toBe(0);
      expect(b.counts.throttlesOf).toEqual({ a: 1 });
      expect([...world.b.kernel.throttled]).toEqual([0]);
    }));

  test("a changed price is taken while running; another port of a neighbour that stays is not", () =>
    withRouters(async (world) => {
      await start(world, "a");
      const b = await start(world, "b");
      await rounds(world, 6);
      await Effect.runPromise(b.reconfigure(configOf("b", { price: "0.08/GB" })));
      expect(paid(world)?.price).toBe(80_000_000n);
      expect(paid(world)?.leasePrice).toBe(50_000_000n);
      const refused = b.reconfigure(configOf("b", { listen_port: "51999" }));
      const error = await Effect.runPromise(Effect.flip(refused));
      expect(error.message).toContain(
        "delivery_rate and listen_port of the neighbour a cannot change while the agent runs",
      );
      expect(b.config().neighbours[0]?.listenPort).toBe(51_820);
    }));

  test("closed for good, no byte leaves on paid classes, whatever is reserved", () =>
    withRouters(async (world) => {
      const agent = await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      expect(traffic(world, 100_000n).sent).toBe(100_000n);
      await Effect.runPromise(agent.closePaid);
      await rounds(world, 10);
      expect(traffic(world, 100_000n)).toMatchObject({ sent: 0n, degraded: 100_000n });
    }));
});

describe("crashes", () => {
  test("an agent killed at any append, before or after it is durable, goes on to the byte", async () => {
    for (const victim of ["a", "b"] as const) {
      const total = await appendsOf(victim, undefined);
      expect(total).toBeGreaterThan(4);
      for (let at = 1; at <= total; at += 1) {
        for (const when of ["before", "after"] as const) await appendsOf(victim, { at, when });
      }
    }
  }, 180_000);

  test("replaying any prefix of the journal any number of times gives the same state", () =>
    withRouters(async (world) => {
      await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      traffic(world, 900_000n);
      await drain(world);
      const state = world.a.agent?.node().ledger;
      for (let i = 0; i < 3; i++) {
        await kill(world.a);
        const again = await start(world, "a");
        await rounds(world, 2);
        const { run, ...rest } = again.node().ledger;
        expect(run).toBe(BigInt(i) + 2n);
        expect({ ...rest, run: state?.run }).toEqual(state);
      }
    }));
});

function replayed(world: MemoryRouters) {
  return eventsOf(world.a).reduce(evolve, emptyLedger);
}

/** A short life of both routers, in which one crashes at its n-th append. Returns how many it made. */
async function appendsOf(
  victim: "a" | "b",
  crash: { readonly at: number; readonly when: "before" | "after" } | undefined,
): Promise<number> {
  const world = memoryRouters();
  let appends = 0;
  let crashed = false;
  const crashing: Tampering = {
    journal: (real) => ({
      ...real,
      append: (commits) =>
        Effect.suspend(() => {
          appends += 1;
          if (crash === undefined || appends !== crash.at) return real.append(commits);
          crashed = true;
          if (crash.when === "before") return Effect.never;
          return Effect.andThen(real.append(commits), Effect.never);
        }),
    }),
  };
  try {
    const other = victim === "a" ? "b" : "a";
    const starting = start(world, victim, crashing);
    await start(world, other);
    const live = async (): Promise<void> => {
      await starting;
      await rounds(world, 4);
      for (let i = 0; i < 3 && !crashed; i++) {
        traffic(world, 1_000_000n, 10n);
        await rounds(world, 2);
      }
    };
    await Promise.race([live(), until(() => crashed)]);
    if (crashed) {
      await kill(world[victim]);
      await start(world, victim);
      await rounds(world, 3);
      traffic(world, 500_000n);
    }
    await drain(world, 3);
    expect(paying(world)?.raw).toBe(world.a.kernel.interfaces.get("rab1")?.sent);
    expect(paying(world)?.position).toBe(paying(world)?.raw);
    expect(paying(world)?.settled).toBe(paying(world)?.amount);
    expect(paid(world)?.settled).toBe(paying(world)?.settled);
    expect([paying(world)?.resets, paid(world)?.resets]).toEqual([0n, 0n]);
    const audits = [auditJournal(eventsOf(world.a)), auditJournal(eventsOf(world.b))];
    expect(audits.flatMap((one) => one.findings)).toEqual([]);
    expect(compareJournals(audits).findings).toEqual([]);
    return appends;
  } finally {
    await end(world);
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
