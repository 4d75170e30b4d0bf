import { type Share, type TokenBucket, tokenBucket } from "#adapters/link/token-bucket.ts";

/** What measuring one neighbour may cost, whatever it asks for: probes of ours, and answers to its own. */
export interface MeasuringShare {
  readonly probes: TokenBucket;
  readonly answers: TokenBucket;
}

/** Two probes a second are sent, and three at once where a cable may have been pulled. */
const share: Share = { perSecond: 3, burst: 16 };

/** The longest probe or answer as WireGuard sends it: at most 64 bytes in a datagram over IPv6. */
export const longestProbe = 160n;

/** What measuring one neighbour costs in an hour, at most, in bytes. */
export const hourlyBound: bigint = 2n * BigInt(share.perSecond * 3600 + share.burst) * longestProbe;

/** A full share. @param now milliseconds. */
export function measuringShare(now: number): MeasuringShare {
  return { probes: tokenBucket(share, now), answers: tokenBucket(share, now) };
}
