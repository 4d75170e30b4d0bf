import * as Flag from "effect/cli/Flag";
import type { Commodity } from "./bookkeeping.ts";

/** How money is to be written. */
export const commodityFlags = {
  commodity: Flag.String("commodity").pipe(
    Flag.withDescription("What money is called: capital letters, for example USDC"),
    Flag.withDefault("GRAIN"),
  ),
  places: Flag.Int("places").pipe(
    Flag.withDescription(
      "Decimal places from a grain to that: 18 for USDC with 10^12 grains a unit",
    ),
    Flag.withDefault(0),
  ),
} as const;

/** The flags as one. @throws RangeError in words. */
export function commodityOf(name: string, places: number): Commodity {
  if (/^[A-Z]{1,12}$/.test(name) && places >= 0 && places <= 40) return { name, places };
  throw new RangeError("--commodity is 1 to 12 capital letters, --places 0 to 40");
}
