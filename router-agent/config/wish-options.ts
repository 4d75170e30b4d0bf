import { sliderEnd } from "#core/negotiation/slider.ts";
import { positionLimit } from "#core/units/position.ts";
import { byteCount, bytePrice, share } from "./amount-forms.ts";
import { bigNumber, word } from "./form.ts";

/** How prices are made: not at all, or by which wishes. */
export const marketModes = ["off", "cost", "automatic", "slider"] as const;

const option = <F>(form: F, text: string, about: string) =>
  ({ form, fallback: { kind: "text", text }, about }) as const;

const optional = <F>(form: F, meaning: string, about: string) =>
  ({ form, fallback: { kind: "none", meaning }, about }) as const;

/** What the operator wishes of the prices that others are asked (docs/market.md). */
export const wishOptions = {
  market: option(
    word(/^(?:off|cost|automatic|slider)$/, marketModes.join(", ")),
    "off",
    "How prices are made: `off`, as they are written; `cost`, what covers cost and profit; `automatic`, more while the links are sold, less while not; `slider`, by market_slider alone.",
  ),
  market_slider: option(
    bigNumber(0n, sliderEnd),
    "50",
    "From 0, cheap for others, to 100, earn as much as can be. Only with market `slider`.",
  ),
  market_usual_price: optional(
    bytePrice,
    "half of price_cap",
    "What a gigabyte usually costs hereabouts: what the slider is set around.",
  ),
  market_profit: option(
    share,
    "10%",
    "At least so much is earned on top of the average price paid upstream.",
  ),
  market_window: option(
    byteCount(1n, positionLimit),
    "10GB",
    "Over the last so many bytes that average is. Bytes, not minutes.",
  ),
  market_floor: optional(bytePrice, "1 grain a byte", "Nothing is sold below this."),
  market_ceiling: optional(bytePrice, "price_cap", "Nothing is sold above this."),
  market_scarce: option(
    share,
    "80%",
    "Automatic: more is asked above this share of sold capacity.",
  ),
  market_idle: option(share, "40%", "Automatic: less is asked below this share."),
  market_band: option(share, "4%", "Nearer than this to where it should be, a price stays."),
  market_step: option(share, "12.5%", "A price changes at most by this at once."),
  market_pause: option(
    byteCount(0n, positionLimit),
    "1GB",
    "Bytes of capacity between two changes of a price, carried or not.",
  ),
  market_calm: option(
    byteCount(0n, positionLimit),
    "100GB",
    "A price that turned back and forth follows less and less, until it stayed for so many bytes.",
  ),
} as const;
