import * as Effect from "effect/Effect";
import { afterEach, expect, test } from "vitest";
import { bidFacts, setBid } from "#agent/agent/bid-request.ts";
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

test("a running agent takes another bid: the next lease costs so much more, and what is leased keeps its price", async () => {
  const made = memoryRouters();
  world = made;
  await start(made, "a");
  const agent = await start(made, "b");
  await rounds(made, 4);
  traffic(made, 10_000n);
  await rounds(made, 4);
  const leases = () => made.a.agent?.node().ledger.neighbours[0]?.outbound[0]?.schedule.segments;
  const before = leases()?.at(-1)?.price;
  expect(before).toBe(50_000_000n);
  const ask = (...words: readonly string[]) => Effect.runPromise(setBid(agent, words));
  await ask("a", "0.01/GB");
  expect(agent.config().neighbours[0]?.bid).toEqual({ send: 10_000_000n, receive: 0n });
  for (let i = 0; i < 40 && leases()?.at(-1)?.price === before; i++) {
    traffic(made, 1_000_000n);
    await rounds(made, 2);
  }
  expect(leases()?.at(-1)?.price).toBe(60_000_000n);
  expect(leases()?.[0]?.price).toBe(before);
  expect(made.a.agent?.node().live[0]?.standing).toBe("open");
});

test("a bid of nobody, below nothing, beyond every bid, above the cap, or for receiving without a delivery is refused in words and changes nothing", async () => {
  const made = memoryRouters();
  world = made;
  const agent = await start(made, "b");
  const refusal = async (...words: readonly string[]) =>
    (await Effect.runPromise(Effect.flip(setBid(agent, words)))).message;
  expect(await refusal("nobody", "1")).toContain("there are: a");
  expect(await refusal()).toContain("no neighbour");
  expect(await refusal("a", "-1")).toContain("allowed is");
  expect(await refusal("a", "1000000000001")).toContain("0 to 1000000000000");
  expect(await refusal("a", "0.18/GB")).toContain("at most price_cap");
  expect(await refusal("a", "0", "0.01/GB")).toContain("only a client is charged");
  expect(agent.config().neighbours[0]?.bid).toEqual({ send: 0n, receive: 0n });
  expect(bidFacts(agent.config())).toEqual([]);
});
