import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { statusOf } from "#agent/agent/request.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { decodeCommit } from "#core/journal/commit.ts";
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

const paidBy = (world: MemoryRouters) => {
  const { agent } = world.a;
  if (agent === undefined) throw new Error("a does not run");
  const accounts = statusOf(agent).neighbours[0]?.accounts ?? [];
  return accounts.find((one) => one.direction === "we pay")?.settled ?? 0n;
};

/** No byte more fits on the disk of either router: somebody else filled it. */
function fill(world: MemoryRouters): void {
  for (const { disk } of [world.a, world.b]) {
    disk.capacity = disk
      .list()
      .reduce((all, name) => all + disk.read(name, Number.MAX_SAFE_INTEGER).length, 0);
  }
}

test("on a full disk payments go on for ever, restarts succeed, and the books agree (G8)", async () => {
  const world = memoryRouters();
  try {
    await start(world, "a");
    await start(world, "b");
    await rounds(world, 4);
    const onward = async (times: number) => {
      for (let i = 0; i < times; i++) {
        traffic(world, 600_000n);
        await rounds(world, 1);
      }
    };
    await onward(200);
    fill(world);
    let before = paidBy(world);
    for (let life = 0; life < 3; life++) {
      await onward(130);
      expect(world.a.agent?.stopped()).toBeUndefined();
      expect(world.b.agent?.stopped()).toBeUndefined();
      expect(paidBy(world)).toBeGreaterThan(before);
      before = paidBy(world);
      await kill(world.a);
      await start(world, "a");
    }
    await drain(world);
    for (const { disk, agent } of [world.a, world.b]) {
      expect(disk.list().filter((name) => /^segment-\d+$/.test(name)).length).toBeLessThan(5);
      const events = disk.commits.flatMap((one) => decodeCommit(one));
      expect(auditJournal(events).findings).toEqual([]);
      expect(agent?.counts.full).toBe(0);
    }
  } finally {
    await end(world);
  }
});

test("where not even history can be given back, nothing new is believed, and room ends the pause", {
  timeout: 300_000,
}, async () => {
  const world = memoryRouters();
  try {
    await start(world, "a");
    await start(world, "b");
    await rounds(world, 4);
    const { agent, disk } = world.a;
    if (agent === undefined) throw new Error("a does not run");
    // The journal says that it is full whatever is asked of it: no history, no spare, no room.
    disk.fail({ operation: "create", code: "ENOSPC", always: true });
    let rounds_ = 0;
    while (agent.counts.full === 0 && rounds_ < 3000) {
      traffic(world, 600_000n);
      await rounds(world, 1);
      rounds_ += 1;
    }
    expect(agent.counts.full).toBeGreaterThan(0);
    expect(agent.stopped()).toBeUndefined();
    expect(agent.alarms.join()).toContain("the journal is full");
    disk.mend();
    const before = paidBy(world);
    for (let i = 0; i < 40; i++) {
      traffic(world, 600_000n);
      await rounds(world, 1);
    }
    expect(paidBy(world)).toBeGreaterThan(before);
    expect(agent.counts.full).toBe(0);
    await Effect.runPromise(agent.look);
  } finally {
    await end(world);
  }
});
