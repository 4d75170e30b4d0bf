import * as Effect from "effect/Effect";
import type { Agent } from "#agent/agent/agent.ts";
import { ControlError } from "#agent/agent/control-socket.ts";
import type { Config } from "#agent/config/config.ts";
import { marketChecks, marketOf, marketValues } from "#agent/config/market-config.ts";
import { wishOptions } from "#agent/config/wish-options.ts";
import type { MarketKeeper } from "./market-keeper.ts";

type WishName = keyof typeof wishOptions;

/** What the slider sets, wherever it stands. */
const bySlider: ReadonlySet<WishName> = new Set([
  "market_profit",
  "market_floor",
  "market_ceiling",
  "market_scarce",
  "market_idle",
]);

const names = Object.keys(wishOptions) as readonly WishName[];

/** `market`, and `market set WISH VALUE`: until a restart, as the file has what lasts. */
export function answerMarket(
  agent: Agent,
  keeper: MarketKeeper,
  [command, wish = "", text = ""]: readonly string[],
): Effect.Effect<unknown, { readonly words: string }> {
  if (command === undefined) return Effect.sync(keeper.answer);
  if (command !== "set") return refuse("market, or market set WISH VALUE");
  const next = wished(agent.config(), wish, text);
  if (typeof next === "string") return refuse(next);
  return agent
    .amend((config) => ({ ...config, market: next.market }))
    .pipe(Effect.andThen(keeper.think), Effect.andThen(Effect.sync(keeper.answer)));
}

/** The configuration with one wish changed, or what is wrong with that. */
function wished(config: Config, wish: string, text: string): Config | string {
  const name = names.find((one) => one === wish || one === `market_${wish}`);
  if (name === undefined) {
    const known = names.map((one) => one.replace("market_", "")).join(", ");
    return `market set WISH VALUE: found ${JSON.stringify(wish.slice(0, 40))}, allowed is one of ${known}`;
  }
  if (config.market.mode === "slider" && bySlider.has(name)) {
    return `market set ${wish}: the slider sets it; allowed is slider, or first market set market automatic`;
  }
  const value = wishOptions[name].form.read(text, config.token);
  if (!value.ok) {
    return `market set ${wish}: found ${JSON.stringify(text.slice(0, 40))}, allowed is ${value.allowed}`;
  }
  const market = marketOf({ ...marketValues(config.market), [name]: value.value });
  const next = { ...config, market };
  const findings = marketChecks(next);
  if (findings.length === 0) return next;
  return findings.map(({ found, allowed }) => `${found}: allowed is ${allowed}`).join("; ");
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}
