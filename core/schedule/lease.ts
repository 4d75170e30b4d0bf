import type { Field } from "#core/identity/canonical-writer.ts";
import {
  type Signature,
  type SignatureCheck,
  type Signer,
  signingDigest,
} from "#core/identity/signature.ts";
import { type JournalId, unnamedJournal } from "#core/units/journal-id.ts";
import type { Money } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { cost, type Price } from "#core/units/price.ts";
import { type AccountId, accountFields } from "./account-id.ts";

/**
 * The payee's signed promise to carry the positions [from, to) of an account at a price. Leases
 * follow each other without a gap and are never altered (T2, T16). `due` is F(from), the price of
 * everything before: with it a single lease is enough to go on from after a lost disk, and two
 * leases for one position, or two sums that do not fit, are portable proof of fraud (T23).
 */
export interface Lease {
  /** 1 for the first lease of an account, then one more each. */
  readonly number: bigint;
  readonly from: Position;
  readonly to: Position;
  /** Grains a byte. */
  readonly price: Price;
  /** F(from): what all positions before this lease cost together. */
  readonly due: Money;
  /**
   * Up to here the payee had been paid when it signed: F(settled) <= w. Where a payee that lost its
   * disk resumes its reading, because v <= F(tx) puts the payer there at least (T6).
   */
  readonly settled: Position;
  /** The payer's journal that it was signed for: another one than ours means a lost disk. */
  readonly payerJournal: JournalId;
  /** The payee's journal that it stands in: only leases of one journal contradict each other. */
  readonly payeeJournal: JournalId;
  /** The payee's, over the account and all fields above. */
  readonly signature: Signature;
}

/** A lease before it is signed. */
export type LeaseTerms = Omit<Lease, "signature">;

/**
 * F(to): the price of everything up to the lease's end. Total, because anybody may have written
 * the lease: a sum too large for money is compared, found to be beyond every limit, and refused.
 */
export function dueAtEnd(lease: LeaseTerms): Money {
  return (lease.due + cost(lease.to - lease.from, lease.price)) as Money;
}

/** Whether a lease was made before journals had names: version 1 of its form and of its text. */
export function isUnnamed(lease: LeaseTerms): boolean {
  return lease.payerJournal === unnamedJournal && lease.payeeJournal === unnamedJournal;
}

/** What the payee signs: every field that the lease's version has. */
export function leaseDigest(account: AccountId, lease: LeaseTerms): Uint8Array {
  const first: readonly Field[] = [lease.number, lease.from, lease.to, lease.price, lease.due];
  const later: readonly Field[] = [lease.settled, lease.payerJournal, lease.payeeJournal];
  const fields = isUnnamed(lease) ? first : [...first, ...later];
  return signingDigest("lease", [accountFields(account), ...fields]);
}

/** A lease signed by its payee. */
export function signLease(account: AccountId, terms: LeaseTerms, signer: Signer): Lease {
  return { ...terms, signature: signer.sign(leaseDigest(account, terms)) };
}

/** Whether the payee of the account signed this lease for this account. */
export function leaseHolds(holds: SignatureCheck, account: AccountId, lease: Lease): boolean {
  return holds(account.payee, leaseDigest(account, lease), lease.signature);
}
