import { type Share, type TokenBucket, tokenBucket } from "#adapters/link/token-bucket.ts";
import type { Place } from "#core/discovery/acquaintance.ts";

/**
 * How much may be heard. Each hello costs a signature to check and perhaps one to make, some 6 ms on
 * a small router: a flood of them must cost it neither its time nor its neighbours.
 */
export interface HearingShares {
  /** Of one address. */
  readonly ofOne: Share;
  /** Of all addresses together that nobody is proven to be at, on one interface. */
  readonly ofStrangers: Share;
}

/** A router says two hellos in a round, at most twice a second; all on a cable may at once. */
export const defaultHearingShares: HearingShares = {
  ofOne: { perSecond: 4, burst: 20 },
  ofStrangers: { perSecond: 10, burst: 100 },
};

/** So many addresses are told apart; of more the one that was heard longest ago is forgotten. */
export const addressesRemembered = 512;

/** Decides what is looked at, before anything about it is believed. */
export interface HearingShare {
  /** Takes from the shares of a place. @param proven whether somebody known is there. */
  readonly take: (place: Place, proven: boolean) => boolean;
}

/**
 * Shares of everybody. Who is proven to be somewhere has a share of its own, so that a flood of
 * strangers does not silence it. @param milliseconds a monotonic clock, for the shares only.
 */
export function hearingShare(shares: HearingShares, milliseconds: () => number): HearingShare {
  const ofOne = new Map<string, TokenBucket>();
  const ofStrangers = new Map<string, TokenBucket>();

  const bucketOf = (name: string): TokenBucket => {
    const bucket = ofOne.get(name) ?? tokenBucket(shares.ofOne, milliseconds());
    ofOne.delete(name);
    ofOne.set(name, bucket); // the last one in the map was heard last
    const [oldest] = ofOne.keys();
    if (ofOne.size > addressesRemembered && oldest !== undefined) ofOne.delete(oldest);
    return bucket;
  };

  return {
    take: ({ interfaceName, address }, proven) => {
      const now = milliseconds();
      if (!bucketOf(`${address}%${interfaceName}`).take(now)) return false;
      if (proven) return true;
      const all = ofStrangers.get(interfaceName) ?? tokenBucket(shares.ofStrangers, now);
      ofStrangers.set(interfaceName, all);
      return all.take(now);
    },
  };
}
