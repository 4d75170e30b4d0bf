/**
 * The rate of a link by measured bloat: how much longer packets take than they do when nothing waits.
 * A bounded additive rule: a little faster while the link is used and nothing waits, a good deal slower
 * when something does. Durations are inputs here, in microseconds; nothing of it is ever billed.
 */
export interface AutoRateLimits {
  /** Bits a second: it never leaves these. */
  readonly least: bigint;
  readonly most: bigint;
  /** Bloat above which a link is too fast, in microseconds. */
  readonly tolerated: bigint;
}

/** What the rule remembers. */
export interface AutoRate {
  /** Bits a second. */
  readonly rate: bigint;
  /** The least delay of late: that of an empty queue, in microseconds. */
  readonly base: bigint | undefined;
}

/** What was measured since the last step. */
export interface LinkSample {
  /** One-way or round-trip delay, in microseconds; not below 0. */
  readonly delay: bigint;
  /** What was sent, in bits a second. */
  readonly sent: bigint;
}

/** A step up is a hundredth of the most, but at most a fortieth of what there is. */
const upOfMost = 100n;
const upOfRate = 40n;

/** A step down leaves so many hundredths. */
const down = 90n;

/** A link is used when so many hundredths of its rate are sent; else its delay tells nothing. */
const used = 75n;

/**
 * The base follows a longer delay by a part of this each step, so that a path that became longer is no
 * bloat for ever. Slow enough that a queue that stands for a minute of steps is not taken for it.
 */
const forget = 256n;

/** Begins at the least: an empty queue must be seen once, to know what bloat is. */
export function autoRate({ least }: AutoRateLimits): AutoRate {
  return { rate: least, base: undefined };
}

/** The next rate. A delay below 0, from a clock that was set, is taken as 0. */
export function nextRate(limits: AutoRateLimits, before: AutoRate, sample: LinkSample): AutoRate {
  const delay = sample.delay > 0n ? sample.delay : 0n;
  const base = nextBase(before.base, delay);
  const isUsed = sample.sent * 100n >= before.rate * used;
  const bloat = delay - base;
  if (bloat > limits.tolerated) {
    // What left is what the link carries: below it the queue in front of us empties.
    const carried = isUsed && sample.sent < before.rate ? sample.sent : before.rate;
    return { base, rate: bounded(limits, (carried * down) / 100n) };
  }
  if (!isUsed) return { base, rate: before.rate };
  return { base, rate: bounded(limits, before.rate + stepUp(limits, before.rate)) };
}

/** A bit a second at least: a small rate grows too. */
function stepUp({ most }: AutoRateLimits, rate: bigint): bigint {
  const [coarse, fine] = [most / upOfMost, rate / upOfRate];
  const step = coarse < fine ? coarse : fine;
  return step > 0n ? step : 1n;
}

function nextBase(base: bigint | undefined, delay: bigint): bigint {
  if (base === undefined || delay < base) return delay;
  return base + (delay - base) / forget;
}

function bounded({ least, most }: AutoRateLimits, rate: bigint): bigint {
  if (rate < least) return least;
  return rate < most ? rate : most;
}
