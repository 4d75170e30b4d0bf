import { type Wishes, wishRefusals } from "#core/negotiation/wishes.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceLimit } from "#core/units/price.ts";
import { stepLimit } from "./chain-reader.ts";
import { countOf, membersOf, object, quantityOf, type Reading, wordOf } from "./field.ts";
import type { ScenarioMarket } from "./scenario.ts";

/** What a market begins with where the file says nothing. Prices are grains a byte. */
export const usualMarket: ScenarioMarket = {
  start: 100n,
  steps: 8000,
  wishes: {
    mode: "automatic",
    profit: 100_000n,
    window: 1_000_000n,
    floor: 20n,
    ceiling: 1000n,
    scarce: 850_000n,
    idle: 400_000n,
    damping: { band: 20_000n, step: 125_000n, pause: 200_000n, calm: 1_000_000_000n },
  },
};

/** Members of `market` that are quantities. */
export const marketQuantities = [
  "start",
  "profit",
  "window",
  "floor",
  "ceiling",
  "scarce",
  "idle",
  "band",
  "step",
  "pause",
  "calm",
] as const;

/** Reads the optional `market` of a scenario: the wishes of everybody who forwards. */
export function readMarket(reading: Reading, value: unknown): ScenarioMarket | undefined {
  if (value === undefined) return undefined;
  const market = membersOf(reading, "market", value, ["mode", "steps", ...marketQuantities]);
  const { start, wishes: usual } = usualMarket;
  const number = (name: (typeof marketQuantities)[number], otherwise: bigint): bigint =>
    quantityOf(reading, `market.${name}`, market[name], {
      least: 0n,
      most: positionLimit,
      otherwise,
    });
  const { damping } = usual;
  const wishes: Wishes = {
    mode: wordOf(reading, "market.mode", market.mode, ["cost", "automatic"] as const, usual.mode),
    profit: number("profit", usual.profit),
    window: number("window", usual.window),
    floor: number("floor", usual.floor),
    ceiling: number("ceiling", usual.ceiling),
    scarce: number("scarce", usual.scarce),
    idle: number("idle", usual.idle),
    damping: {
      band: number("band", damping.band),
      step: number("step", damping.step),
      pause: number("pause", damping.pause),
      calm: number("calm", damping.calm),
    },
  };
  for (const { fault, words } of wishRefusals(wishes, priceLimit)) {
    object(reading, "market", fault, words);
  }
  const steps = countOf(reading, "market.steps", market.steps, {
    least: 1,
    most: stepLimit,
    otherwise: usualMarket.steps,
  });
  return { start: number("start", start), steps, wishes };
}
