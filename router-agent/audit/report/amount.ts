import { decimal } from "../bookkeeping.ts";
import type { ReportFacts } from "../report-facts.ts";

/** How money is called, and how far its point lies. */
export type Money = ReportFacts["money"];

/** An amount exactly, and what it is called. */
export function exact(grains: bigint, money: Money): string {
  return `${amount(grains, money)} ${money.name}`;
}

/** An amount exactly, thousands apart, without zeros that say nothing. */
export function amount(grains: bigint, { places }: Pick<Money, "places">): string {
  const sign = grains < 0n ? "−" : "";
  const text = decimal(grains < 0n ? -grains : grains, places);
  const [whole = "0", fraction = ""] = text.split(".");
  const rest = fraction.replace(/0+$/, "");
  return `${sign}${grouped(whole)}${rest === "" ? "" : `.${rest}`}`;
}

/** An amount for an axis: three digits that count. */
export function rough(grains: bigint, money: Money): string {
  const value = Number(grains) / 10 ** money.places;
  return scaled(value, ["", "k", "M", "G", "T", "P", "E", "Z", "Y"], 1000);
}

/** Bytes with three digits that count. */
export function bytes(count: bigint): string {
  return scaled(Number(count), [" B", " kB", " MB", " GB", " TB", " PB", " EB"], 1000);
}

/** A whole number, thousands apart. */
export function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

function scaled(value: number, units: readonly string[], step: number): string {
  let rest = value;
  let unit = 0;
  while (Math.abs(rest) >= step && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  const shown = rest === 0 ? "0" : String(Number(rest.toPrecision(3)));
  return `${shown}${units[unit] ?? ""}`;
}
