import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import type { Agent } from "#agent/agent/agent.ts";
import { statusOf } from "#agent/agent/request.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import {
  drain,
  end,
  eventsOf,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

const accounts = (agent: Agent | undefined, direction: "we pay" | "we are paid") => {
  if (agent === undefined) throw new Error("no agent runs");
  const found = statusOf(agent).neighbours[0]?.accounts.find((one) => one.direction === direction);
  if (found === undefined) throw new Error("no such account");
  return found;
};

/** Bytes flow until the agent acts no more. */
async function untilStopped(world: MemoryRouters, agent: Agent): Promise<void> {
  for (let i = 0; i < 400 && agent.stopped() === undefined; i++) {
    traffic(world, 300_000n, 20n);
    await rounds(world, 2).catch(() => undefined);
  }
}

/** What only the agent itself may change. */
type Writable = Record<string, bigint>;

test.each([
  ["v, so that it seems to have paid", "signed", 1n << 60n],
  ["r, so that it seems to have reserved more", "reserved", 1n << 30n],
] as const)(
  "a flip in %s stops the agent; started again it owes what it owed",
  async (_, field, bit) => {
    const world = memoryRouters();
    try {
      const agent = await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      traffic(world, 3_000_000n, 20n);
      await drain(world);
      const before = accounts(agent, "we pay");
      const account = agent.node().ledger.neighbours[0]?.outbound[0] as unknown as Writable;
      account[field] = (account[field] ?? 0n) ^ bit;
      await untilStopped(world, agent);
      expect(agent.stopped()).toContain("a bit flipped in memory");
      expect(await Effect.runPromise(agent.flipped)).toBe(agent.stopped());
      expect(statusOf(agent).counts.flips).toBe(1);
      await kill(world.a);
      const again = await start(world, "a");
      await drain(world);
      traffic(world, 300_000n, 20n);
      await drain(world);
      const after = accounts(again, "we pay");
      expect(again.stopped()).toBeUndefined();
      expect(BigInt(after.position)).toBeGreaterThan(BigInt(before.position));
      expect(after.settled).toBe(after.amount);
      expect(accounts(world.b.agent, "we are paid").settled).toBe(after.settled);
      const audits = [auditJournal(eventsOf(world.a)), auditJournal(eventsOf(world.b))];
      for (const { findings } of audits) expect(findings).toEqual([]);
      expect(compareJournals(audits).findings).toEqual([]);
    } finally {
      await end(world);
    }
  },
);

test("a ledger that is not what the journal comes to is found at the next snapshot", async () => {
  const world = memoryRouters();
  try {
    const { journal, ...rest } = world.a.config;
    Object.assign(world.a, { config: { ...rest, journal: { ...journal, snapshotEvery: 16 } } });
    const agent = await start(world, "a");
    await start(world, "b");
    await rounds(world, 6);
    // The run's number is in no decision of this run: only folding the journal again can tell.
    Object.assign(agent.node().ledger, { run: 99n });
    await untilStopped(world, agent);
    expect(agent.stopped()).toContain("folded again");
  } finally {
    await end(world);
  }
});
