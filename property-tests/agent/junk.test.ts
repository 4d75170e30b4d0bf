import * as Effect from "effect/Effect";
import { afterEach, expect, test } from "vitest";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { toJson } from "#agent/agent/facts.ts";
import { statusOf } from "#agent/agent/request.ts";
import { type DefenceKeeper, startDefenceKeeper } from "#agent/defence/defence-keeper.ts";
import { routeMoves } from "#agent/defence/route-moves.ts";
import { neighbourView } from "#agent/status-page/neighbour-view.ts";
import {
  end,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

const megabyte = 1_000_000n;

let world: MemoryRouters | undefined;
afterEach(async () => {
  if (world !== undefined) await end(world);
});

/** b watches what a sends; looks come only when asked for. */
async function watching(own: Record<string, unknown>, moves = routeMoves()) {
  const made = memoryRouters(own);
  world = made;
  let keeper: DefenceKeeper | undefined;
  await start(made, "a");
  await start(made, "b", {
    beside: (agent) =>
      Effect.gen(function* () {
        keeper = yield* startDefenceKeeper(agent, yield* Queueing, moves.besides, 3_600_000);
      }),
  });
  await rounds(made, 4);
  const sent = { received: 0n, junk: 0n };
  const come = async (received: bigint, junk: bigint) => {
    sent.received += received;
    sent.junk += junk;
    made.b.kernel.tallies.set("rba0", { ...sent, freeIn: 7n, freeOut: 9n, leaked: 0n, undue: 0n });
    await Effect.runPromise(keeper?.look ?? Effect.void);
    await rounds(made, 2);
    return keeper?.facts()[0];
  };
  const live = () => made.b.agent?.node().live[0];
  if (keeper === undefined) throw new Error("no keeper");
  return { world: made, keeper, come, live };
}

const limits = { junk_share: "5%", junk_bytes: "1MB", junk_free_bytes: "4MB", round_trip: "1MB" };

test("junk of a neighbour stops buying, then selling, and good bytes bring both back", async () => {
  const { world: made, come, live } = await watching(limits);
  expect((await come(10n * megabyte, 0n))?.stage).toBe("none");
  expect((await come(2n * megabyte, 2n * megabyte))?.stage).toBe("stop buying");
  expect(live()?.standing).toBe("open");
  const facts = await come(4n * megabyte, 4n * megabyte);
  expect(facts).toMatchObject({ stage: "free tier", junk: 6n * megabyte, freeIn: 7n, freeOut: 9n });
  expect(live()?.standing).toBe("throttled");
  expect(made.b.kernel.throttled.size).toBe(1);
  expect(traffic(made, 10_000n).asPaid).toBe(0n);

  expect((await come(facts?.wayBack ?? 0n, 0n))?.stage).toBe("none");
  expect(live()?.standing).toBe("open");
  expect(made.b.kernel.throttled.size).toBe(0);
});

test("what was on its way when a route moved is no junk, unless the neighbour itself made it move", async () => {
  const moves = routeMoves();
  const { come } = await watching({ ...limits, junk_bytes: "100kB" }, moves);
  const by = (index: number) => [{ prefix: "10.0.0.0/8", index, class: 1 }];
  moves.note(by(1));
  moves.note(by(2)); // from one other neighbour to another
  expect((await come(megabyte, megabyte / 2n))?.stage).toBe("none");
  await come(20n * megabyte, 0n);
  moves.note(by(0)); // to the neighbour
  moves.note([]); // and away from it: its own doing
  expect((await come(megabyte, megabyte / 2n))?.stage).toBe("stop buying");
});

test("an operator who knows better pardons, and a table that was made anew counts nothing twice", async () => {
  const { world: made, keeper, come, live } = await watching(limits);
  await come(8n * megabyte, 8n * megabyte);
  expect(live()?.standing).toBe("throttled");
  expect(await Effect.runPromise(keeper.pardon("nobody"))).toBe(false);
  expect(await Effect.runPromise(keeper.pardon("a"))).toBe(true);
  expect(live()?.standing).toBe("open");
  made.b.kernel.tallies.set("rba0", {
    received: 10n,
    junk: 10n,
    freeIn: 0n,
    freeOut: 0n,
    leaked: 0n,
    undue: 0n,
  });
  await Effect.runPromise(keeper.look);
  expect(keeper.facts()[0]).toMatchObject({ stage: "none", junk: 10n });
});

test("whoever looks at the page, or asks the doctor, is told why it is slow", async () => {
  const { world: made, come } = await watching(limits);
  const view = () => {
    const { agent } = made.b;
    const facts = agent === undefined ? undefined : statusOf(agent).neighbours[0];
    if (agent === undefined || facts === undefined) throw new Error("no neighbour");
    const surroundings = { name: "a", token: agent.config().token, channels: undefined };
    const plain = JSON.parse(toJson(facts));
    return neighbourView(plain, { ...surroundings, routes: undefined });
  };
  expect(view().stateWords).not.toContain("junk");
  await come(2n * megabyte, 2n * megabyte);
  expect(view()).toMatchObject({ state: "open" });
  expect(view().stateWords).toContain("2000000 bytes of junk: nothing more is bought");
  await come(6n * megabyte, 6n * megabyte);
  expect(view()).toMatchObject({ state: "throttled" });
  expect(view().stateWords).toContain("8000000 bytes of junk");
});
