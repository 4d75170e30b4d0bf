import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import type { Agent } from "#agent/agent/agent.ts";
import { type MarketKeeper, startMarketKeeper } from "#agent/market/market-keeper.ts";
import { answerMarket } from "#agent/market/market-request.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import {
  end,
  eventsOf,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

/** Both routers, with a market beside b: a pays b. @param wishes options of both configurations. */
async function withMarket(
  wishes: Record<string, unknown>,
  story: (world: MemoryRouters, keeper: MarketKeeper, agent: Agent) => Promise<void>,
): Promise<void> {
  const world = memoryRouters({ market_pause: "0", ...wishes });
  try {
    await start(world, "a");
    const { agent, keeper } = await startWithMarket(world);
    await story(world, keeper, agent);
  } finally {
    await end(world);
  }
}

async function startWithMarket(world: MemoryRouters) {
  let keeper: MarketKeeper | undefined;
  const agent = await start(world, "b", {
    beside: (one) =>
      Effect.map(startMarketKeeper(one), (found) => {
        keeper = found;
      }),
  });
  if (keeper === undefined) throw new Error("no keeper");
  return { agent, keeper };
}

const think = (keeper: MarketKeeper) => Effect.runPromise(keeper.think);
const ask = (agent: Agent, keeper: MarketKeeper, ...words: readonly string[]) =>
  Effect.runPromise(Effect.result(answerMarket(agent, keeper, words)));

const inbound = (agent: Agent) => agent.node().ledger.neighbours[0]?.inbound[0];
const grainsPerGigabyte = 10n ** 9n;
const perGigabyte = (cents: bigint) => (cents * 10n ** 16n) / grainsPerGigabyte;

describe("an agent with a market", () => {
  test("comes down to its floor in steps, for leases to come, and changes nothing that was leased", () =>
    withMarket({ market: "cost", market_floor: "0.02/GB" }, async (world, keeper, agent) => {
      await rounds(world, 6);
      const before = inbound(agent)?.schedule;
      if (before === undefined) throw new Error("nothing leased");
      expect(inbound(agent)?.price).toBeGreaterThan(perGigabyte(4n));
      for (let i = 0; i < 40; i++) await think(keeper);
      expect(inbound(agent)?.price).toBeLessThanOrEqual((perGigabyte(2n) * 105n) / 100n);
      expect(inbound(agent)?.price).toBeGreaterThanOrEqual(perGigabyte(2n));
      for (let i = 0; i < 120; i++) {
        traffic(world, 1_000_000n, 0n);
        await rounds(world, 2);
      }
      const after = inbound(agent)?.schedule;
      expect(after?.end).toBeGreaterThan(before.end);
      for (const share of [1n, 2n, 3n, 4n]) {
        const at = ((before.end * share) / 4n) as Position;
        if (after !== undefined && at >= after.start) expect(due(after, at)).toBe(due(before, at));
      }
      expect(after?.segments.at(-1)?.price).toBe(inbound(agent)?.price);
      const seen = keeper.answer().asked[0];
      expect(seen).toMatchObject({ neighbour: "a", class: 1, why: "is near enough" });
      expect(seen?.price).toBe(`${inbound(agent)?.price}`);
    }));

  test("asks what is written while the market is off", () =>
    withMarket({}, async (world, keeper, agent) => {
      await rounds(world, 4);
      await think(keeper);
      expect(inbound(agent)?.price).toBe(perGigabyte(5n));
      expect(keeper.answer()).toEqual({ mode: "off", wishes: undefined, asked: [] });
    }));

  test("takes another wish while it runs, and goes back to what is written when it is switched off", () =>
    withMarket({}, async (world, keeper, agent) => {
      await rounds(world, 4);
      await ask(agent, keeper, "set", "floor", "0.06/GB");
      const set = await ask(agent, keeper, "set", "market", "cost");
      expect(set).toMatchObject({ _tag: "Success", success: { mode: "cost" } });
      expect(inbound(agent)?.price).toBeGreaterThanOrEqual(perGigabyte(6n));
      await ask(agent, keeper, "set", "market", "off");
      expect(inbound(agent)?.price).toBe(perGigabyte(5n));
    }));

  test("refuses wishes that contradict each other, with numbers, and stays as it is", () =>
    withMarket({ market: "cost" }, async (_, keeper, agent) => {
      const before = keeper.answer();
      const refusal = async (...words: readonly string[]) => {
        const result = await ask(agent, keeper, "set", ...words);
        return result._tag === "Failure" ? result.failure.words : "taken";
      };
      await ask(agent, keeper, "set", "ceiling", "0.05/GB");
      expect(await refusal("floor", "0.06/GB")).toBe(
        "a floor of 60000000 above a ceiling of 50000000: allowed is a floor of at most 50000000, or a ceiling of at least 60000000",
      );
      expect(await refusal("ceiling", "0.30/GB")).toContain("allowed is 1 to 200000000");
      expect(await refusal("slider", "101")).toContain("allowed is");
      expect(await refusal("colour", "red")).toContain("allowed is one of market, slider,");
      expect(await refusal("profit", "ten")).toContain("a share from 0% to 100%");
      expect(keeper.answer().wishes).toEqual({ ...before.wishes, ceiling: "50000000" });
    }));

  test("moves by the slider alone while that is chosen, and says so of other wishes", () =>
    withMarket({ market: "slider", market_slider: "0" }, async (world, keeper, agent) => {
      await rounds(world, 4);
      const low = keeper.answer().wishes;
      const refused = await ask(agent, keeper, "set", "floor", "0.06/GB");
      expect(refused).toMatchObject({ _tag: "Failure" });
      expect(keeper.answer().wishes).toEqual(low);
      await ask(agent, keeper, "set", "slider", "100");
      const high = keeper.answer().wishes;
      expect(BigInt(high?.floor ?? 0)).toBeGreaterThan(BigInt(low?.floor ?? 0));
      expect(BigInt(high?.ceiling ?? 0)).toBeLessThanOrEqual(agent.config().terms.priceCap);
      expect(inbound(agent)?.price).toBeGreaterThanOrEqual(BigInt(high?.floor ?? 0));
    }));

  test("loses nothing that matters when it is killed: it goes on within its wishes at once", () =>
    withMarket({ market: "cost", market_floor: "0.06/GB" }, async (world, _, agent) => {
      await rounds(world, 4);
      const before = inbound(agent)?.price;
      await kill(world.b);
      const again = await startWithMarket(world);
      await rounds(world, 4);
      expect(inbound(again.agent)?.price).toBeGreaterThanOrEqual(perGigabyte(6n));
      expect(inbound(again.agent)?.price).toBe(before);
      const prices = eventsOf(world.b).flatMap((one) =>
        one.type === "PriceSet" ? [one.price] : [],
      );
      expect(prices.at(-1)).toBe(before);
    }));
});
