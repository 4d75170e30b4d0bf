/**
 * Junk: traffic that nobody asked for, that leads nowhere, or that came on a class cheaper than its
 * destination's. Counted per neighbour by the kernel, judged here: by bytes, never by time. The rule
 * is a one-sided cumulative sum (Page, 1954): what is beyond the accepted share adds up, what is
 * within it takes away, and below nothing it never goes, so nobody saves up good bytes for an attack.
 */
export interface JunkTerms {
  /** Of what arrives, in parts of {@link shareUnit}: so much may be junk for ever. Not 0. */
  readonly share: bigint;
  /** Bytes of junk beyond the share: above it nothing more is bought of the neighbour. */
  readonly stopBuying: bigint;
  /**
   * Above so many its traffic rides the free class. Not below `stopBuying`, and not 0: what is held
   * against anybody is capped at twice this, so with 0 nothing ever would be.
   */
  readonly freeTier: bigint;
  /** What may be on its way while a route moves, in bytes: excused after each move of ours. */
  readonly moveBytes: bigint;
}

/** A share of everything. */
export const shareUnit = 1_000_000n;

/** The largest of each limit, in bytes: a petabyte. */
export const junkBytesLimit = 10n ** 15n;

/** Of the route changes between two readings so many excuse something. */
export const moveLimit = 8n;

/** How a neighbour is treated for its junk, mildest first. */
export const junkStages = ["none", "stop buying", "free tier"] as const;
/** One of {@link junkStages}. */
export type JunkStage = (typeof junkStages)[number];

/** What the kernel has counted, in inner bytes, and how often we changed a route by another neighbour. */
export interface JunkReading {
  readonly received: bigint;
  readonly junk: bigint;
  readonly moves: bigint;
}

/** What is remembered of a neighbour. To lose it is to begin anew with it. */
export interface JunkScore {
  readonly last: JunkReading;
  /** Junk beyond the share, less what was good since: millionths of a byte. */
  readonly excess: bigint;
  /** Bytes that may still arrive of what was on its way when a route moved. */
  readonly excuse: bigint;
  /** Junk since this score began, in bytes, excused or not: no more is paid for than for lost bytes. */
  readonly junk: bigint;
  readonly received: bigint;
  readonly stage: JunkStage;
}

/**
 * Whether terms are within their limits. A share of nothing would leave no way back, and a free tier from
 * nothing on would hold nothing against anybody.
 */
export function areJunkTerms({ share, stopBuying, freeTier, moveBytes }: JunkTerms): boolean {
  return (
    share >= 1n &&
    share <= shareUnit &&
    stopBuying >= 0n &&
    stopBuying <= freeTier &&
    freeTier >= 1n &&
    freeTier <= junkBytesLimit &&
    moveBytes >= 0n &&
    moveBytes <= junkBytesLimit
  );
}

/** Nothing is held against a neighbour whose counters stand there. */
export function newJunkScore(last: JunkReading): JunkScore {
  return { last, excess: 0n, excuse: 0n, junk: 0n, received: 0n, stage: "none" };
}

/**
 * The score after another reading. Counters that went back began anew, and what they show is new.
 * Laws (property-tests/laws/junk.test.ts): whoever stays within the share, a burst of `stopBuying` and
 * what was on its way is never touched; of others no more junk gets by than that and what arrived
 * between two readings; and after 2 `freeTier` / share of good bytes everything is forgiven.
 */
export function nextJunkScore(
  terms: JunkTerms,
  before: JunkScore,
  reading: JunkReading,
): JunkScore {
  const { last } = before;
  const anew = reading.received < last.received || reading.junk < last.junk;
  const received = anew ? reading.received : reading.received - last.received;
  const counted = anew ? reading.junk : reading.junk - last.junk;
  // The two are read one after the other: what only one of them saw is no junk yet.
  const junk = least(counted, received);
  const moved = positive(reading.moves - last.moves);
  const open = before.excuse + least(moved, moveLimit) * terms.moveBytes;
  const held = junk - least(junk, open);
  const excess = positive(before.excess + held * shareUnit - received * terms.share);
  const capped = least(excess, 2n * terms.freeTier * shareUnit);
  return {
    last: reading,
    excess: capped,
    excuse: positive(open - received),
    junk: before.junk + junk,
    received: before.received + received,
    stage: stageOf(terms, before.stage, capped),
  };
}

/** Upwards at once; downwards when half of the limit is left, so that it does not flutter. */
function stageOf(
  { stopBuying, freeTier }: JunkTerms,
  before: JunkStage,
  excess: bigint,
): JunkStage {
  const [stop, free] = [stopBuying * shareUnit, freeTier * shareUnit];
  if (excess > free || (before === "free tier" && 2n * excess > free)) return "free tier";
  if (excess > stop || (before !== "none" && 2n * excess > stop)) return "stop buying";
  return "none";
}

/**
 * The most junk that is taken as if it were good, in bytes, before nothing more is bought: the cost of
 * the attack to its victim, but for what arrives between two readings.
 */
export function junkBound(terms: JunkTerms, received: bigint, moves: bigint): bigint {
  return (received * terms.share) / shareUnit + terms.stopBuying + moves * terms.moveBytes;
}

/** Good bytes after which nothing is held against anybody, whatever was before, rounded up. */
export function wayBack({ share, freeTier }: JunkTerms): bigint {
  return (2n * freeTier * shareUnit + share - 1n) / share;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
