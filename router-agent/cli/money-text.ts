import type { Token } from "#agent/config/form.ts";

/** An amount for people: tokens with all their decimals that matter, from grains. */
export function moneyText(grains: bigint, token: Token): string {
  const scale = 10n ** BigInt(token.decimals) * token.grainsPerUnit;
  const sign = grains < 0n ? "-" : "";
  const absolute = grains < 0n ? -grains : grains;
  const fraction = ((absolute % scale) * 1_000_000_000n) / scale;
  const digits = fraction.toString().padStart(9, "0").replace(/0+$/, "");
  return `${sign}${absolute / scale}${digits === "" ? "" : `.${digits}`} ${token.symbol}`;
}

/** Bytes for people. */
export function bytesText(bytes: bigint): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = bytes * 10n;
  let unit = 0;
  while (scaled >= 10_000n && unit < units.length - 1) {
    scaled /= 1000n;
    unit += 1;
  }
  const decimals = unit === 0 ? "" : `.${scaled % 10n}`;
  return `${scaled / 10n}${decimals} ${units[unit]}`;
}
