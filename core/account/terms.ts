import type { Money } from "#core/units/money.ts";
import type { Price } from "#core/units/price.ts";

/**
 * The constants of a neighbour's accounts (protocol section 3). Announced in HELLO, journaled when
 * they change, so that every decision can be made again from the journal alone.
 */
export interface Terms {
  /** T, grains: the payer pays when it owes this much more than it has signed. */
  readonly payThreshold: Money;
  /** L, grains: the payee leases ahead of payment by at most this much. */
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
}

/** Whether two sets of terms are the same. */
export function sameTerms(a: Terms, b: Terms): boolean {
  return (
    a.payThreshold === b.payThreshold &&
    a.creditLimit === b.creditLimit &&
    a.reservation === b.reservation &&
    a.readChunk === b.readChunk &&
    a.priceCap === b.priceCap &&
    a.allowance === b.allowance
  );
}
