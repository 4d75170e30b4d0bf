/** What a unit of gas costs, in the chain's smallest unit (EIP-1559). */
export interface Fees {
  /** The most that is paid in all. */
  readonly cap: bigint;
  /** What of it goes to whoever makes the block. */
  readonly tip: bigint;
}

/** What the chain asks for at the moment. */
export interface FeeMarket {
  readonly baseFee: bigint;
  /** What endpoints suggest as a tip. */
  readonly tip: bigint;
}

/**
 * What to offer: room for the base fee to double, never above a limit. Nothing where the limit is
 * below what the next block asks for, unless it cannot wait: then all of the limit, for when fees fall.
 */
export function offer(market: FeeMarket, limit: bigint, urgent: boolean): Fees | undefined {
  const wanted = market.baseFee * 2n + market.tip;
  if (wanted <= limit) return { cap: wanted, tip: market.tip };
  if (!urgent && limit < market.baseFee + market.tip) return undefined;
  if (limit === 0n) return undefined;
  return { cap: limit, tip: smaller(market.tip, limit) };
}

/** A replacement must offer a tenth more of both, or nodes refuse it; an eighth is sure to round well. */
export function outbid({ cap, tip }: Fees, market: FeeMarket, limit: bigint): Fees | undefined {
  const least = { cap: eighthMore(cap), tip: eighthMore(tip) };
  const wanted = offer(market, limit, true);
  const next = {
    cap: larger(least.cap, wanted?.cap ?? 0n),
    tip: larger(least.tip, wanted?.tip ?? 0n),
  };
  return next.cap > limit ? undefined : { ...next, tip: smaller(next.tip, next.cap) };
}

function eighthMore(value: bigint): bigint {
  return value + value / 8n + 1n;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
