import { statusOf } from "#agent/agent/request.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
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
} from "../agent/memory-routers.ts";
import { seeded } from "./acknowledged.ts";

/** What came of filling the disks of two agents that pay each other (G8). */
export interface FullTally {
  readonly disks: number;
  /** Disks on which more was paid while no byte more fitted. */
  readonly paid: number;
  readonly stopped: number;
  readonly restarts: number;
  readonly failedRestarts: number;
  readonly findings: number;
}

/** Fills both disks at a moment that the seed chooses, and goes on, with a kill in between. */
export async function fillDisks(
  disks: number,
  seed: number,
  progress: (done: number) => void,
): Promise<FullTally> {
  const next = seeded(seed);
  const tally = {
    disks: 0,
    paid: 0,
    stopped: 0,
    restarts: 0,
    failedRestarts: 0,
    findings: 0,
  };
  while (tally.disks < disks) {
    const world = memoryRouters();
    try {
      await start(world, "a");
      await start(world, "b");
      await rounds(world, 4);
      await onward(world, 60 + next(200));
      for (const { disk } of [world.a, world.b]) {
        const sizes = disk.list().map((name) => disk.read(name, Number.MAX_SAFE_INTEGER).length);
        disk.capacity = sizes.reduce((all, size) => all + size, 0) + next(2000);
      }
      const before = paid(world);
      await onward(world, 60);
      await kill(world.a);
      tally.restarts += 1;
      const again = await start(world, "a").catch(() => undefined);
      if (again === undefined) tally.failedRestarts += 1;
      await onward(world, 60);
      await drain(world);
      tally.paid += paid(world) > before ? 1 : 0;
      for (const router of [world.a, world.b]) {
        if (router.agent?.stopped() !== undefined) tally.stopped += 1;
        tally.findings += auditJournal(eventsOf(router)).found;
      }
    } finally {
      await end(world);
    }
    tally.disks += 1;
    progress(tally.disks);
  }
  return tally;
}

async function onward(world: MemoryRouters, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    traffic(world, 600_000n);
    await rounds(world, 1);
  }
}

/** Grains that a signed to b. */
function paid({ a }: MemoryRouters): bigint {
  const accounts = a.agent === undefined ? [] : (statusOf(a.agent).neighbours[0]?.accounts ?? []);
  return BigInt(accounts.find(({ direction }) => direction === "we pay")?.settled ?? 0);
}
