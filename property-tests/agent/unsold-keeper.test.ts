import * as Effect from "effect/Effect";
import { afterEach, expect, test } from "vitest";
import { Counters } from "#adapters/counters/counters.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { startUnsoldKeeper, type UnsoldKeeper } from "#agent/defence/unsold-keeper.ts";
import {
  end,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

let world: MemoryRouters | undefined;
afterEach(async () => {
  if (world !== undefined) await end(world);
});

/** Two routers; what a looks at by itself it looks at no more in this test. */
async function watched(own: Record<string, unknown>) {
  const made = memoryRouters(own);
  world = made;
  let keeper: UnsoldKeeper | undefined;
  await start(made, "b");
  await start(made, "a", {
    beside: (agent) =>
      Effect.gen(function* () {
        keeper = yield* startUnsoldKeeper(agent, yield* Queueing, yield* Counters, 3_600_000);
      }),
  });
  await rounds(made, 4);
  // The first look was on the machine's clock: from here on the test tells the time.
  const began = performance.now();
  const look = (seconds: number) =>
    Effect.runPromise(keeper?.look(began + seconds * 1000) ?? Effect.void);
  return { made, look, unsold: () => made.a.kernel.unsold.get("rab0") };
}

test("what is sold of a link is taken from what is carried for nothing, at once, and given back step by step", async () => {
  const { made, look, unsold } = await watched({ link_rate: "8Mbit", free_rate: "1Mbit" });
  await look(10);
  expect(unsold()).toBe(8_000_000n);
  const { sent } = traffic(made, 700_000n);
  expect(sent).toBeGreaterThan(600_000n);
  await look(11);
  // Of a megabyte a second more than six tenths were sold: two eighths are left, and one stays between.
  expect(unsold()).toBe(1_000_000n);
  await look(12);
  expect(unsold()).toBe(2_000_000n);
  for (let i = 13; i < 20; i++) await look(i);
  expect(unsold()).toBe(8_000_000n);
});

test("a counter that began anew counts from nothing, and is no reason to take anything", async () => {
  const { made, look, unsold } = await watched({ link_rate: "8Mbit", free_rate: "1Mbit" });
  traffic(made, 900_000n);
  await look(10);
  for (let i = 11; i < 20; i++) await look(i);
  const tunnel = made.a.kernel.interfaces.get("rab1");
  if (tunnel === undefined) throw new Error("a has no paid tunnel");
  tunnel.sent = 125_000n;
  await look(21);
  expect(unsold()).toBe(6_000_000n);
});
