import { type Money, moneyLimit } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { type Price, priceLimit } from "#core/units/price.ts";

/**
 * How credit grows with money paid, never with time (T24): whoever comes back under another name
 * begins anew.
 */
export interface CreditGrowth {
  /** kappa, in parts of {@link growthUnit}: so much more credit for each grain that was credited. */
  readonly share: bigint;
  /** The most that the limit grows to, in grains; not below L0. */
  readonly ceiling: Money;
}

/** What a client accepts to be lost on the way from an exit to it, and pays for all the same. */
export interface Tolerance {
  /** In parts of {@link growthUnit} of what arrived. */
  readonly share: bigint;
  readonly bytes: bigint;
}

/** kappa = 1. More would mean that paying a grain gives more than a grain of credit. */
export const growthUnit = 1_000_000n;

/**
 * The constants of a neighbour's accounts (protocol section 3). Announced in HELLO, journaled when
 * they change, so that every decision can be made again from the journal alone.
 */
export interface Terms {
  /** T, grains: the payer pays when it owes this much more than it has signed. */
  readonly payThreshold: Money;
  /** L0, grains: the payee leases ahead of payment by at most this much, until credit grows. */
  readonly creditLimit: Money;
  /** c, bytes: the kernel may run ahead of the journal by at most this much. */
  readonly reservation: bigint;
  /** U, bytes: the payee journals its reading at least this often. */
  readonly readChunk: bigint;
  /** P, grains a byte: the dearest price accepted. */
  readonly priceCap: Price;
  /**
   * Bytes, T19: what a tunnel may send beside paid traffic (handshakes, keepalives) before it is
   * held against anyone; also how far before the end of its lease a payer counts as out of lease.
   */
  readonly allowance: bigint;
  /** How credit grows with money paid; absent where it does not. Our own affair: not in HELLO. */
  readonly growth?: CreditGrowth;
  /** Where we are a client: absent means that nothing lost is paid for. Not in HELLO either. */
  readonly tolerance?: Tolerance;
}

/** Whether terms have the limits that the journal demands: others would be written, and never read. */
export function isPossibleTerms(terms: Terms): boolean {
  const { payThreshold, creditLimit, reservation, readChunk, priceCap, allowance } = terms;
  const { growth, tolerance } = terms;
  return (
    within(payThreshold, 0n, moneyLimit) &&
    within(creditLimit, 0n, moneyLimit) &&
    within(reservation, 0n, positionLimit) &&
    within(readChunk, 0n, positionLimit) &&
    within(priceCap, 0n, priceLimit) &&
    within(allowance, 0n, positionLimit) &&
    (growth === undefined ||
      (within(growth.share, 1n, growthUnit) && within(growth.ceiling, creditLimit, moneyLimit))) &&
    (tolerance === undefined ||
      (within(tolerance.share, 0n, growthUnit) && within(tolerance.bytes, 0n, positionLimit)))
  );
}

function within(value: bigint, least: bigint, most: bigint): boolean {
  return value >= least && value <= most;
}

/** Whether two sets of terms are the same. */
export function sameTerms(a: Terms, b: Terms): boolean {
  return (
    a.payThreshold === b.payThreshold &&
    a.creditLimit === b.creditLimit &&
    a.reservation === b.reservation &&
    a.readChunk === b.readChunk &&
    a.priceCap === b.priceCap &&
    a.allowance === b.allowance &&
    a.growth?.share === b.growth?.share &&
    a.growth?.ceiling === b.growth?.ceiling &&
    a.tolerance?.share === b.tolerance?.share &&
    a.tolerance?.bytes === b.tolerance?.bytes
  );
}
