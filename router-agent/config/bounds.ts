import type { Terms } from "#core/account/terms.ts";
import { type Money, money } from "#core/units/money.ts";
import type { Config } from "./config.ts";

/**
 * The smallest credit limit that never stalls a link at full speed: T - 1 + P (U + D + 1) (T14).
 * @param roundTrip D, bytes that can pass in a message round trip.
 */
export function smallestCreditLimit(
  terms: Pick<Terms, "payThreshold" | "priceCap" | "readChunk">,
  roundTrip: bigint,
): Money {
  return money(terms.payThreshold - 1n + terms.priceCap * (terms.readChunk + roundTrip + 1n));
}

/** What an operator can lose, and what the flash has to bear, computed from the configuration. */
export interface Bounds {
  /** T14. */
  readonly smallestCreditLimit: Money;
  /** Grains overpaid at one reboot of our own, at most: c P (T8). */
  readonly atRiskPerReboot: Money;
  /** Grains of credit that one neighbour can take and not pay, at most: the largest L, or what it grows to (T7, T24). */
  readonly atRiskPerNeighbour: Money;
  /** Synced writes for each gigabyte that one account carries, rounded up: reserving and reading. */
  readonly commitsPerGigabyte: bigint;
}

/** The bounds of a configuration. */
export function boundsOf(config: Config): Bounds {
  const { terms, roundTrip, neighbours, discovery } = config;
  const grown = terms.growth === undefined ? [] : [terms.growth.ceiling];
  const strangers = discovery.interfaces.length > 0 ? [discovery.creditLimit] : [];
  const written = neighbours.map(({ creditLimit }) => creditLimit);
  const limits = [terms.creditLimit, ...grown, ...strangers, ...written];
  return {
    smallestCreditLimit: smallestCreditLimit(terms, roundTrip),
    atRiskPerReboot: money(terms.reservation * terms.priceCap),
    atRiskPerNeighbour: limits.reduce((most, limit) => (limit > most ? limit : most)),
    commitsPerGigabyte: chunksPerGigabyte(terms.reservation) + chunksPerGigabyte(terms.readChunk),
  };
}

function chunksPerGigabyte(chunk: bigint): bigint {
  return (10n ** 9n + chunk - 1n) / chunk;
}
