/** How many datagrams a neighbour may send, and how many of them at once. */
export interface Share {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Two hundred vouchers a second saturate an engine without JIT, so one neighbour alone must not
 * come near; a session needs a few datagrams a second.
 */
export const defaultShare: Share = { perSecond: 100, burst: 200 };

/** A token bucket: full at first, refilled as time goes by. */
export interface TokenBucket {
  /** Takes one token if there is one. @param now milliseconds on a monotonic clock. */
  readonly take: (now: number) => boolean;
}

/** A bucket for one neighbour's share. Counts in thousandths of a token, in whole numbers. */
export function tokenBucket(share: Share, start: number): TokenBucket {
  const full = share.burst * 1000;
  let level = full;
  let last = Math.floor(start);
  return {
    take: (now) => {
      const elapsed = Math.max(0, Math.floor(now) - last);
      last += elapsed;
      level = Math.min(full, level + elapsed * share.perSecond);
      if (level < 1000) return false;
      level -= 1000;
      return true;
    },
  };
}
