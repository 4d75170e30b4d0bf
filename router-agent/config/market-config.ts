import { wishesAt } from "#core/negotiation/slider.ts";
import { type Wishes, type WishFault, wishRefusals } from "#core/negotiation/wishes.ts";
import type { Price } from "#core/units/price.ts";
import type { Config } from "./config.ts";
import type { Finding } from "./finding.ts";
import type { Values } from "./section-reader.ts";
import type { marketModes, wishOptions } from "./wish-options.ts";

/** The wishes as they are written. */
export interface MarketConfig
  extends Pick<Wishes, "profit" | "window" | "scarce" | "idle" | "damping"> {
  readonly mode: (typeof marketModes)[number];
  readonly slider: bigint;
  /** Undefined: what an accepted policy suggests, or half of the price cap. */
  readonly usual: Price | undefined;
  /** By an accepted policy; never written, made while the agent runs. */
  readonly suggested?: Price;
  /** Undefined: one grain a byte. */
  readonly floor: Price | undefined;
  /** Undefined: the price cap. */
  readonly ceiling: Price | undefined;
}

type MarketValues = Values<typeof wishOptions>;

/** From the options of the main section. */
export function marketOf(main: MarketValues): MarketConfig {
  return {
    mode: main.market as MarketConfig["mode"],
    slider: main.market_slider,
    usual: main.market_usual_price,
    profit: main.market_profit,
    window: main.market_window,
    floor: main.market_floor,
    ceiling: main.market_ceiling,
    scarce: main.market_scarce,
    idle: main.market_idle,
    damping: {
      band: main.market_band,
      step: main.market_step,
      pause: main.market_pause,
      calm: main.market_calm,
    },
  };
}

/** As options of the main section again. */
export function marketValues(market: MarketConfig): MarketValues {
  const { damping } = market;
  return {
    market: market.mode,
    market_slider: market.slider,
    market_usual_price: market.usual,
    market_profit: market.profit,
    market_window: market.window,
    market_floor: market.floor,
    market_ceiling: market.ceiling,
    market_scarce: market.scarce,
    market_idle: market.idle,
    market_band: damping.band,
    market_step: damping.step,
    market_pause: damping.pause,
    market_calm: damping.calm,
  };
}

/** What is wished, with all that follows from the rest of the configuration; nothing where prices are as written. */
export function wishesOf({ market, terms }: Pick<Config, "market" | "terms">): Wishes | undefined {
  const { mode, slider, usual: said, suggested, ...written } = market;
  const usual = said ?? suggested;
  if (mode === "off") return undefined;
  const cap = terms.priceCap;
  const wishes: Wishes = {
    ...written,
    mode: mode === "cost" ? "cost" : "automatic",
    floor: written.floor ?? 1n,
    ceiling: written.ceiling ?? cap,
  };
  if (mode !== "slider") return wishes;
  return { ...wishes, ...wishesAt(slider, { usual: usual ?? (cap > 1n ? cap / 2n : cap), cap }) };
}

const optionOf: Readonly<Record<WishFault, keyof typeof wishOptions>> = {
  "floor out of range": "market_floor",
  "ceiling above the price cap": "market_ceiling",
  "floor above the ceiling": "market_floor",
  "profit out of range": "market_profit",
  "window out of range": "market_window",
  "shares of capacity out of order": "market_idle",
  "dead band out of range": "market_band",
  "step out of range": "market_step",
  "pause out of range": "market_pause",
  "calm out of range": "market_calm",
  "upstream costs more than the ceiling": "market_ceiling",
  "profit beyond the ceiling": "market_profit",
};

/** Wishes that contradict each other, or the price cap; with numbers that would do. */
export function marketChecks(config: Config): readonly Finding[] {
  const wishes = wishesOf(config);
  if (wishes === undefined) return [];
  return wishRefusals(wishes, config.terms.priceCap).map(({ fault, words }) => {
    const [found = fault, allowed = words] = words.split(": allowed is ");
    return { path: optionOf[fault], found, allowed };
  });
}
