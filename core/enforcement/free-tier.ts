import { shareUnit } from "./junk.ts";

/**
 * The free tier is unsold capacity. Where forwarding costs money upstream it is a leak: the forwarder
 * pays for what it gives away. So that is bounded by what its neighbour pays for.
 */
export interface LeakTerms {
  /** Given to every neighbour once, in bytes. */
  readonly bytes: bigint;
  /** And for each paid byte of it, in parts of {@link shareUnit}. */
  readonly share: bigint;
}

/** The largest of both together, in bytes: as far as nft's quotas count exactly. */
export const leakLimit = (1n << 53n) - 1n;

/** The most that is given away to a neighbour that has paid for so many bytes. Never falls as they grow. */
export function leakAllowance({ bytes, share }: LeakTerms, paid: bigint): bigint {
  const allowed = bytes + (paid * share) / shareUnit;
  return allowed < leakLimit ? allowed : leakLimit;
}

/** What may still be given away; nothing where more was. */
export function leakRoom(terms: LeakTerms, paid: bigint, leaked: bigint): bigint {
  const room = leakAllowance(terms, paid) - leaked;
  return room > 0n ? room : 0n;
}

/** What it costs a forwarder at most, in grains, at a price upstream in grains a byte. */
export function leakCost(terms: LeakTerms, paid: bigint, upstream: bigint): bigint {
  return leakAllowance(terms, paid) * upstream;
}

/** How our own users stand: open, or throttled because what we can still spend runs low. */
export type OwnStanding = "open" | "throttled";

/**
 * Our own users before anybody else: throttled below `low` grains, open again from twice as much, so
 * that a payment that comes back does not make it flutter. With a `low` of 0 nobody is throttled.
 */
export function ownStanding(before: OwnStanding, balance: bigint, low: bigint): OwnStanding {
  if (balance < low) return "throttled";
  return before === "throttled" && balance < 2n * low ? "throttled" : "open";
}
