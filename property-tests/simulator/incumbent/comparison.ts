import { incumbentMonth, type Suffering } from "./incumbent-month.ts";
import { monthOf } from "./month.ts";
import { type OurMonth, ourMonth } from "./our-month.ts";

/** What was published about the incumbent's debt keeper, and what this comparison found. */
export interface Comparison {
  readonly published: string;
  readonly days: number;
  readonly months: readonly {
    readonly seed: number;
    readonly incumbentSavingHourly: Suffering;
    readonly incumbentSavingNever: Suffering;
    readonly ours: OurMonth;
  }[];
  readonly summary: {
    readonly incumbentSavingHourly: Span;
    readonly incumbentSavingNever: Span;
    readonly ours: Span;
  };
}

/** The least and the most over all seeds. */
export interface Span {
  readonly monthsWithFalseEnforcement: string;
  readonly episodes: string;
  readonly shareOfTimeThrottled: string;
}

/** Runs the same months by both rules. */
export function compare(seeds: number, days: number): Comparison {
  const months = Array.from({ length: seeds }, (_, i) => {
    const seed = i + 1;
    const month = monthOf(seed, days);
    return {
      seed,
      incumbentSavingHourly: incumbentMonth(month, "hourly"),
      incumbentSavingNever: incumbentMonth(month, "never"),
      ours: ourMonth(month, seed),
    };
  });
  return {
    published:
      "30 days, 20 Mb/s, a power cut a day, 8 seeds: every run ended in false enforcement, 42 to 231 episodes, 3 to 25 % of the time throttled",
    days,
    months,
    summary: {
      incumbentSavingHourly: spanOf(months.map((one) => one.incumbentSavingHourly)),
      incumbentSavingNever: spanOf(months.map((one) => one.incumbentSavingNever)),
      ours: spanOf(months.map((one) => one.ours)),
    },
  };
}

function spanOf(all: readonly Suffering[]): Span {
  const hit = all.filter(({ episodes }) => episodes > 0).length;
  const [least, most] = ends(all.map(({ episodes }) => episodes));
  const [low, high] = ends(all.map(({ shareOfTimeThrottled }) => shareOfTimeThrottled * 100));
  return {
    monthsWithFalseEnforcement: `${hit} of ${all.length}`,
    episodes: `${least} to ${most}`,
    shareOfTimeThrottled: `${low.toFixed(2)} to ${high.toFixed(2)} %`,
  };
}

function ends(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
