import { positionLimit } from "#core/units/position.ts";
import { priceLimit } from "#core/units/price.ts";
import type { Damping } from "./damping.ts";
import { averageWith, millionth } from "./purchase-window.ts";

/** What an operator wishes of the prices that others are asked. Prices are grains a byte. */
export interface Wishes {
  /** `cost` asks what covers cost and profit; `automatic` more while capacity is sold, less while it is not. */
  readonly mode: "cost" | "automatic";
  /** At least so much over the average paid upstream, in parts per million. */
  readonly profit: bigint;
  /** N: the average is over so many bytes. */
  readonly window: bigint;
  /** Nothing is sold below this. */
  readonly floor: bigint;
  /** Nor above this. */
  readonly ceiling: bigint;
  /** Automatic: asks more above this share of sold capacity, in parts per million. */
  readonly scarce: bigint;
  /** Automatic: asks less below this share. */
  readonly idle: bigint;
  readonly damping: Damping;
}

/** The largest profit: a hundred times what was paid. */
export const profitLimit = 100n * millionth;

/** What is wrong with wishes. */
export type WishFault =
  | "floor out of range"
  | "ceiling above the price cap"
  | "floor above the ceiling"
  | "profit out of range"
  | "window out of range"
  | "shares of capacity out of order"
  | "dead band out of range"
  | "step out of range"
  | "pause out of range"
  | "calm out of range"
  | "upstream costs more than the ceiling"
  | "profit beyond the ceiling";

/** Wishes that cannot be fulfilled: why, and others that could. */
export interface WishRefusal {
  readonly fault: WishFault;
  /** What was found and what is allowed, with the numbers. */
  readonly words: string;
  /** These instead of the same parts of the wishes would do, as far as this fault goes. Any of them alone. */
  readonly suggestions: readonly Partial<Wishes>[];
}

/** The largest dead band: half of the price. */
const bandLimit = 500_000n;

/** The largest step, and the smallest dead band: a price at most doubles, and a thousandth is nothing. */
const stepLimit = millionth;
const leastBand = 1000n;

/**
 * What is wrong with wishes by themselves, whatever anybody charges: everything at once.
 * @param cap P, the dearest price that this node buys or sells at.
 */
export function wishRefusals(wishes: Wishes, cap: bigint): readonly WishRefusal[] {
  const { floor, ceiling, profit, window, scarce, idle } = wishes;
  const most = cap < priceLimit ? cap : priceLimit;
  const found: WishRefusal[] = [];
  if (floor < 1n || floor > most) {
    found.push(outOf("floor out of range", floor, 1n, most, (one) => ({ floor: one })));
  }
  if (ceiling > most) {
    found.push(
      outOf("ceiling above the price cap", ceiling, 1n, most, (one) => ({ ceiling: one })),
    );
  }
  if (floor > ceiling) found.push(crossed(floor, ceiling, most));
  if (profit < 0n || profit > profitLimit) {
    found.push(outOf("profit out of range", profit, 0n, profitLimit, (one) => ({ profit: one })));
  }
  if (window < 1n || window > positionLimit) {
    found.push(outOf("window out of range", window, 1n, positionLimit, (one) => ({ window: one })));
  }
  if (idle < 0n || scarce > millionth || idle >= scarce) {
    const words = `asks less below ${idle} and more above ${scarce} millionths of sold capacity: allowed is 0 to 1000000, the first below the second`;
    const suggestions = [{ idle: 400_000n, scarce: 800_000n }];
    found.push({ fault: "shares of capacity out of order", words, suggestions });
  }
  return [...found, ...dampingRefusals(wishes.damping)];
}

/** A floor above the ceiling: what is suggested instead is within the range of either. */
function crossed(floor: bigint, ceiling: bigint, most: bigint): WishRefusal {
  const least = floor < 1n ? 1n : floor;
  const lower = ceiling >= 1n ? [{ floor: ceiling }] : [];
  const higher = least <= most ? [{ ceiling: least }] : [];
  const allowed = [
    ...lower.map((one) => `a floor of at most ${one.floor}`),
    ...higher.map((one) => `a ceiling of at least ${one.ceiling}`),
  ];
  return {
    fault: "floor above the ceiling",
    words: `a floor of ${floor} above a ceiling of ${ceiling}: allowed is ${allowed.join(", or ") || `1 to ${most} for both`}`,
    suggestions: [...lower, ...higher],
  };
}

function dampingRefusals(damping: Damping): readonly WishRefusal[] {
  const { band, step, pause, calm } = damping;
  const found: WishRefusal[] = [];
  const instead = (part: Partial<Damping>) => ({ damping: { ...damping, ...part } });
  if (band < leastBand || band > bandLimit) {
    const fault = "dead band out of range";
    found.push(outOf(fault, band, leastBand, bandLimit, (one) => instead({ band: one })));
  }
  if (step < band || step > stepLimit) {
    const least = band < leastBand ? leastBand : band;
    found.push(outOf("step out of range", step, least, stepLimit, (one) => instead({ step: one })));
  }
  if (pause < 0n || pause > positionLimit) {
    const fault = "pause out of range";
    found.push(outOf(fault, pause, 0n, positionLimit, (one) => instead({ pause: one })));
  }
  if (calm < pause || calm > positionLimit) {
    const fault = "calm out of range";
    found.push(outOf(fault, calm, pause, positionLimit, (one) => instead({ calm: one })));
  }
  return found;
}

/** A number outside of its range, with the nearest that lies within. */
function outOf(
  fault: WishFault,
  found: bigint,
  least: bigint,
  most: bigint,
  instead: (nearest: bigint) => Partial<Wishes>,
): WishRefusal {
  const nearest = found > most ? most : least;
  const words = `${fault}, ${found}: allowed is ${least} to ${most}`;
  return { fault, words, suggestions: [instead(nearest)] };
}

/** What is charged upstream now. Grains a byte. */
export interface Upstream {
  /** Grains and bytes of the last N bytes bought; no bytes where nothing was bought. */
  readonly bytes: bigint;
  readonly grains: bigint;
  /** What the next byte costs: the dearest lease held; nothing where that is not known. */
  readonly present: bigint | undefined;
  /** What is added to it at least (T12). */
  readonly fee: bigint;
}

/**
 * Why nothing can be sold within these wishes at what upstream charges now; nothing where something can.
 * The present price decides, and the average only where that is not known: a dear past that nobody buys
 * again would else stop sales for good, because without sales no byte ages.
 * @param wishes without faults of their own.
 */
export function marketRefusal(wishes: Wishes, upstream: Upstream): WishRefusal | undefined {
  const { ceiling, profit } = wishes;
  const { bytes, grains, present, fee } = upstream;
  if (present !== undefined && present + fee > ceiling) {
    const next = present + fee;
    return {
      fault: "upstream costs more than the ceiling",
      words: `the next byte costs ${next} grains with our fee, above the ceiling of ${ceiling}: allowed is a ceiling of at least ${next}; or buy cheaper`,
      suggestions: next > priceLimit ? [] : [{ ceiling: next }],
    };
  }
  const paid = present === undefined ? { bytes, grains } : { bytes: 1n, grains: present };
  const needed = averageWith(paid, profit);
  if (needed === undefined || needed <= ceiling) return undefined;
  const possible = (ceiling * paid.bytes * millionth) / paid.grains - millionth;
  const enough = needed <= priceLimit ? [{ ceiling: needed }] : [];
  const less = possible >= 0n ? [{ profit: possible }] : [];
  const lower = possible >= 0n ? `a profit of at most ${possible} millionths, or ` : "";
  return {
    fault: "profit beyond the ceiling",
    words: `a profit of ${profit} millionths over ${paid.grains} grains for ${paid.bytes} bytes takes ${needed} grains a byte, above the ceiling of ${ceiling}: allowed is ${lower}a ceiling of at least ${needed}`,
    suggestions: [...less, ...enough],
  };
}
