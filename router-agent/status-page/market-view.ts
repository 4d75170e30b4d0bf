import type { Token } from "#agent/config/form.ts";
import type { MarketAnswer } from "#agent/market/market-facts.ts";
import { priceText } from "./amount-text.ts";
import type { MarketView } from "./overview-form.ts";

/** The market in words; nothing where prices are as written, or nobody keeps one. */
export function marketView(answer: MarketAnswer | undefined, token: Token): MarketView | undefined {
  if (answer?.wishes === undefined) return undefined;
  const { mode, asked } = answer;
  return {
    mode,
    asked: asked.map((one) => {
      const price = one.price === undefined ? "nothing" : priceText(one.price, token);
      return `${one.neighbour} class ${one.class}: ${price}, ${one.why}`;
    }),
    refused: asked.flatMap(({ neighbour, class: paidClass, refusal }) =>
      refusal === undefined
        ? []
        : [`nothing is sold to ${neighbour} in class ${paidClass}: ${refusal}`],
    ),
  };
}
