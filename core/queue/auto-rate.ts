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
  /** Whether packets have ever waited: until then nothing is known of what the link carries. */
  readonly hasWaited: boolean;
  /** How many looks it has still to stay at the least, so that what waited before it began is gone. */
  readonly resting: bigint;
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

/** Until packets have waited once, a step up is an eighth of what there is: three doublings in eighteen steps. */
const firstUp = 8n;

/**
 * So many looks it stays at the least at first: an agent that starts under load finds a queue that stands,
 * and whoever takes its delay for that of an empty one lets it stand for ever.
 */
const rest = 4n;

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
  return { rate: least, base: undefined, hasWaited: false, resting: rest };
}

/** The next rate. A delay below 0, from a clock that was set, is taken as 0. */
export function nextRate(limits: AutoRateLimits, before: AutoRate, sample: LinkSample): AutoRate {
  const delay = sample.delay > 0n ? sample.delay : 0n;
  const base = nextBase(before.base, delay);
  if (before.resting > 0n) return { ...before, base, resting: before.resting - 1n };
  const isUsed = sample.sent * 100n >= before.rate * used;
  const bloat = delay - base;
  if (bloat > limits.tolerated) {
    // What left is what the link carries: below it the queue in front of us empties.
    const carried = isUsed && sample.sent < before.rate ? sample.sent : before.rate;
    return { base, rate: bounded(limits, (carried * down) / 100n), hasWaited: true, resting: 0n };
  }
  if (!isUsed) return { ...before, base };
  return { ...before, base, rate: bounded(limits, before.rate + stepUp(limits, before)) };
}

/** A bit a second at least: a small rate grows too. */
function stepUp({ most }: AutoRateLimits, { rate, hasWaited }: AutoRate): bigint {
  const [coarse, fine] = [most / upOfMost, rate / upOfRate];
  const careful = coarse < fine ? coarse : fine;
  const step = hasWaited ? careful : rate / firstUp;
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
