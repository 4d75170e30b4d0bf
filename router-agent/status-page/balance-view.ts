import { moneyText } from "#agent/cli/money-text.ts";
import type { Token } from "#agent/config/form.ts";
import { unitsOf } from "./neighbour-view.ts";
import type { ChannelAnswer } from "./node-answers.ts";
import type { BalanceView } from "./overview-form.ts";
import type { Sample } from "./sampler.ts";
import type { UsageReport } from "./usage-report.ts";

const hour = 3600n;
const day = 24n * hour;

/** Grains a day, over some seconds. */
interface Pace {
  readonly spent: bigint;
  readonly earned: bigint;
  /** Over how many seconds. */
  readonly seconds: bigint;
  readonly words: string;
}

/**
 * Days left = what is free in all channels / what was spent a day, over the hours of the last week
 * that the history knows; where it knows none, over the samples of this run.
 * @param now UTC, seconds.
 */
export function balanceView(
  token: Token,
  channels: ChannelAnswer | undefined,
  usage: UsageReport | undefined,
  samples: readonly Sample[],
  now: number,
): BalanceView {
  const parts = (channels?.channels ?? []).flatMap(({ free }) =>
    free === undefined ? [] : [unitsOf(free, token)],
  );
  const free = parts.length === 0 ? undefined : parts.reduce((sum, one) => sum + one, 0n);
  const pace = historyPace(usage, now) ?? samplePace(samples);
  const perDay = (grains: bigint) => (pace === undefined ? 0n : (grains * day) / pace.seconds);
  const spent = perDay(pace?.spent ?? 0n);
  const left = free === undefined || spent === 0n ? undefined : (free * day) / spent;
  return {
    free: free === undefined ? undefined : moneyText(free, token),
    lasts: left === undefined ? undefined : durationText(left),
    low: free === 0n || (left !== undefined && left < day),
    spentPerDay: moneyText(rounded(spent, token), token),
    earnedPerDay: moneyText(rounded(perDay(pace?.earned ?? 0n), token), token),
    basis: pace?.words ?? "nothing was measured yet",
  };
}

/** A pace is an estimate: no more digits than the token's own. */
function rounded(grains: bigint, { grainsPerUnit }: Token): bigint {
  return grains - (grains % grainsPerUnit);
}

function historyPace(usage: UsageReport | undefined, now: number): Pace | undefined {
  const first = usage?.hours[0];
  if (usage === undefined || first === undefined) return undefined;
  const seconds = BigInt(Math.floor(now)) - BigInt(first.from);
  if (seconds < hour) return undefined; // what was before this hour is not known
  return {
    spent: usage.hours.reduce((sum, one) => sum + one.paid, 0n),
    earned: usage.hours.reduce((sum, one) => sum + one.earned, 0n),
    seconds,
    words: `at the pace of the last ${durationText(seconds)} in the history`,
  };
}

function samplePace(samples: readonly Sample[]): Pace | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const seconds = BigInt(Math.round((last.at - first.at) / 1000));
  if (seconds < 10n) return undefined;
  return {
    spent: last.owed - first.owed,
    earned: last.earned - first.earned,
    seconds,
    words: `at the pace of the last ${durationText(seconds)}`,
  };
}

/** Seconds for people: two digits are enough for an estimate. */
export function durationText(seconds: bigint): string {
  if (seconds < 120n) return `${seconds} s`;
  if (seconds < 2n * hour) return `${seconds / 60n} minutes`;
  if (seconds < 2n * day) return `${seconds / hour} hours`;
  if (seconds < 730n * day) return `${seconds / day} days`;
  if (seconds < 36_500n * day) return `${seconds / (365n * day)} years`;
  return "more than 100 years";
}
