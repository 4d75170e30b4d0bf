import { moneyText } from "#agent/cli/money-text.ts";
import type { Token } from "#agent/config/form.ts";

const gigabyte = 1_000_000_000n;

/** A price for people: tokens for a gigabyte, from grains a byte. */
export function priceText(grainsPerByte: string | bigint, token: Token): string {
  return `${moneyText(BigInt(grainsPerByte) * gigabyte, token)}/GB`;
}

/** Grains as a decimal number of tokens, for a plot or a metric: every digit is right. */
export function tokensText(grains: bigint, token: Token): string {
  const scale = 10n ** BigInt(token.decimals) * token.grainsPerUnit;
  const places = String(scale).length - 1;
  const sign = grains < 0n ? "-" : "";
  const absolute = grains < 0n ? -grains : grains;
  if (scale !== 10n ** BigInt(places)) return `${sign}${absolute / scale}`;
  const fraction = String(absolute % scale)
    .padStart(places, "0")
    .replace(/0+$/, "");
  return `${sign}${absolute / scale}${places === 0 || fraction === "" ? "" : `.${fraction}`}`;
}

/** Parts per million as a percentage: exact to a hundredth, never 0 where something was lost. */
export function lossText(partsPerMillion: number): string {
  if (partsPerMillion <= 0) return "0 %";
  if (partsPerMillion < 100) return "< 0.01 %";
  return `${(partsPerMillion / 10_000).toFixed(partsPerMillion < 100_000 ? 2 : 1)} %`;
}

/** Microseconds as milliseconds. */
export function delayText(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds} µs`;
  return `${(microseconds / 1000).toFixed(microseconds < 10_000 ? 1 : 0)} ms`;
}
