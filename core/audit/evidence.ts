import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import type { SignatureCheck } from "#core/identity/signature.ts";
import { type AccountId, accountFields } from "#core/schedule/account-id.ts";
import { dueAtEnd, type Lease, leaseHolds } from "#core/schedule/lease.ts";
import { leaseForm, readLease } from "#core/schedule/lease-form.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { type Voucher, voucherHolds } from "#core/settlement/voucher.ts";
import { readVoucher } from "#core/settlement/voucher-form.ts";
import { type NodeId, nodeId } from "#core/units/node-id.ts";
import { priceClass, priceClassLimit } from "#core/units/price-class.ts";

/** What signed texts can prove to anybody who has nothing else (T23). */
export const evidenceKinds = [
  "two leases for one position",
  "voucher beyond the schedule",
  "a lease that its signer's journal lacks",
  "a voucher that its signer's journal lacks",
] as const;

/** One of {@link evidenceKinds}. */
export type EvidenceKind = (typeof evidenceKinds)[number];

/** Signed texts that together prove something about who signed them. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** Whom it is about: every lease, or every voucher, is checked against this key. */
  readonly signer: NodeId;
  /** Leases as `leaseText` writes them, vouchers as `voucherText` does. */
  readonly texts: readonly Uint8Array[];
  /** Where a voucher is among them: what its EIP-712 digest is made over. */
  readonly channel: Channel | undefined;
}

/** What a judge finds who has the evidence and nothing else. */
export interface Judgement {
  /** Every signature holds, and together they mean what the kind says. */
  readonly proven: boolean;
  readonly words: string;
}

/** Checks evidence from its bytes alone. Never throws: what is malformed proves nothing. */
export function judge(evidence: Evidence, holds: SignatureCheck): Judgement {
  try {
    return judged(evidence, holds);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) {
      return { proven: false, words: `the texts are malformed: ${error.message}` };
    }
    throw error;
  }
}

function judged(evidence: Evidence, holds: SignatureCheck): Judgement {
  const [first, second] = evidence.texts;
  if (first === undefined) return { proven: false, words: "there is no text" };
  switch (evidence.kind) {
    case "two leases for one position":
      if (second === undefined) return { proven: false, words: "there is one lease only" };
      return twoLeases(evidence, readLeaseText(first), readLeaseText(second), holds);
    case "voucher beyond the schedule":
      if (second === undefined) return { proven: false, words: "there is no lease" };
      return beyond(evidence, readVoucherText(first), readLeaseText(second), holds);
    case "a lease that its signer's journal lacks": {
      const { account, lease } = readLeaseText(first);
      const signed = account.payee === evidence.signer && leaseHolds(holds, account, lease);
      const words = `lease ${lease.number}, bytes ${lease.from} to ${lease.to} at ${lease.price} grains a byte`;
      return signedBy(evidence, signed, words);
    }
    case "a voucher that its signer's journal lacks": {
      const { voucher } = readVoucherText(first);
      const words = `a voucher of ${voucher.cumulative} token units`;
      return signedBy(evidence, isSigned(evidence, readVoucherText(first), holds), words);
    }
  }
}

function signedBy(evidence: Evidence, signed: boolean, what: string): Judgement {
  return signed
    ? { proven: true, words: `${evidence.signer} signed ${what}, whatever its journal says` }
    : { proven: false, words: `${evidence.signer} did not sign ${what}` };
}

function twoLeases(evidence: Evidence, a: LeaseText, b: LeaseText, holds: SignatureCheck) {
  const same =
    sameBytes(canonical(accountFields(a.account)), canonical(accountFields(b.account))) &&
    a.lease.payeeJournal === b.lease.payeeJournal;
  const overlap = a.lease.from < b.lease.to && b.lease.from < a.lease.to;
  const differ = !sameBytes(canonical(leaseForm(a.lease)), canonical(leaseForm(b.lease)));
  const signed =
    a.account.payee === evidence.signer &&
    leaseHolds(holds, a.account, a.lease) &&
    leaseHolds(holds, b.account, b.lease);
  if (!signed) return { proven: false, words: `${evidence.signer} did not sign both leases` };
  if (!(same && overlap && differ)) {
    return { proven: false, words: "the two leases do not contradict each other" };
  }
  const words = `${evidence.signer} leased bytes ${b.lease.from} to ${b.lease.to} twice, at ${a.lease.price} and ${b.lease.price} grains a byte`;
  return { proven: true, words };
}

function beyond(
  evidence: Evidence,
  paid: VoucherText,
  last: LeaseText,
  holds: SignatureCheck,
): Judgement {
  const total = paid.voucher.totals[last.account.class - 1] ?? 0n;
  const signed =
    last.account.payer === evidence.signer &&
    isSigned(evidence, paid, holds) &&
    leaseHolds(holds, last.account, last.lease);
  if (!signed) return { proven: false, words: "a signature does not hold" };
  const end = dueAtEnd(last.lease);
  return total > end
    ? { proven: true, words: `${evidence.signer} signed ${total} where all leases cost ${end}` }
    : { proven: false, words: `${total} signed is within the ${end} that all leases cost` };
}

function isSigned(evidence: Evidence, paid: VoucherText, holds: SignatureCheck): boolean {
  const { channel, signer } = evidence;
  if (channel === undefined || channel.channelId !== paid.channelId) return false;
  return voucherHolds(holds, channel, paid.voucher, signer);
}

interface LeaseText {
  readonly account: AccountId;
  readonly lease: Lease;
}

/** Reads what `leaseText` wrote. @throws Malformed or RangeError */
export function readLeaseText(text: Uint8Array): LeaseText {
  const reader = canonicalReader(text);
  reader.array(2, 2);
  reader.array(3, 3);
  const payer = nodeId(toHex(reader.bytes(33, 33)));
  const payee = nodeId(toHex(reader.bytes(33, 33)));
  const account = { payer, payee, class: priceClass(reader.small(priceClassLimit)) };
  const lease = readLease(reader);
  reader.end();
  return { account, lease };
}

interface VoucherText {
  readonly channelId: string;
  readonly voucher: Voucher;
}

function readVoucherText(text: Uint8Array): VoucherText {
  const reader = canonicalReader(text);
  reader.array(2, 2);
  const channelId = toHex(reader.bytes(32, 32));
  const voucher = readVoucher(reader);
  reader.end();
  return { channelId, voucher };
}
