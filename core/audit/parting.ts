import { canonical } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { AccountKey, LedgerEvent } from "#core/journal/event.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { leaseForm, leaseText } from "#core/schedule/lease-form.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { sum, type Voucher } from "#core/settlement/voucher.ts";
import { voucherText } from "#core/settlement/voucher-form.ts";
import type { Evidence } from "./evidence.ts";

/** An event with the sequence of the commit that carried it. */
export interface NumberedEvent {
  readonly sequence: bigint;
  readonly event: LedgerEvent;
}

/** The first place where two neighbours' books of one account part. */
export interface Parting {
  readonly account: AccountId;
  /** The commits that do not fit: of the payer's journal and of the payee's, where there is one. */
  readonly payerSequence: bigint | undefined;
  readonly payeeSequence: bigint | undefined;
  readonly words: string;
  /** What the other side can prove about the signer, to anybody (T23). */
  readonly evidence: Evidence;
}

/** One journal's part in a comparison: its events, from the first on each time they are asked for. */
export interface LinkBook {
  readonly events: () => Iterable<NumberedEvent>;
  /** The number of the neighbour in this journal. */
  readonly neighbour: number;
}

/**
 * Walks the books of one account in step, leases by number and vouchers by total, and stops where
 * they part. Memory does not grow with the journals. What a lost disk took is not held against anyone:
 * a journal that begins with a restored lease, or a restored total, is compared from there on.
 */
export function firstParting(
  account: AccountId,
  payer: LinkBook,
  payee: LinkBook,
): Parting | undefined {
  return leasesPart(account, payer, payee) ?? vouchersPart(account, payer, payee);
}

interface Numbered<A> {
  readonly sequence: bigint;
  readonly value: A;
}

function leasesPart(account: AccountId, payer: LinkBook, payee: LinkBook): Parting | undefined {
  const granted = leasesIn(payee, account, "payee");
  let other = granted.next();
  const firstKnown = other.done === true ? undefined : other.value.value.number;
  for (const { sequence, value: lease } of leasesIn(payer, account, "payer")) {
    while (other.done !== true && other.value.value.number < lease.number) other = granted.next();
    if (firstKnown !== undefined && lease.number < firstKnown) continue;
    const found = other.done === true ? undefined : other.value;
    const evidenceOf = (kind: Evidence["kind"], leases: readonly Lease[]): Evidence => ({
      kind,
      signer: account.payee,
      texts: leases.map((one) => leaseText(account, one)),
      channel: undefined,
    });
    const place = { account, payerSequence: sequence };
    if (found === undefined || found.value.number !== lease.number) {
      return {
        ...place,
        payeeSequence: undefined,
        words: `the payer holds lease ${lease.number}, signed by the payee, whose journal lacks it`,
        evidence: evidenceOf("a lease that its signer's journal lacks", [lease]),
      };
    }
    if (!sameBytes(canonical(leaseForm(found.value)), canonical(leaseForm(lease)))) {
      return {
        ...place,
        payeeSequence: found.sequence,
        words: `lease ${lease.number} differs: ${terms(lease)} in the payer's journal, ${terms(found.value)} in the payee's`,
        evidence: evidenceOf("a lease that its signer's journal lacks", [lease]),
      };
    }
  }
  return undefined;
}

function terms(lease: Lease): string {
  return `bytes ${lease.from} to ${lease.to} at ${lease.price}`;
}

function* leasesIn(
  book: LinkBook,
  account: AccountId,
  side: "payer" | "payee",
): Generator<Numbered<Lease>, undefined> {
  const [made, restored] =
    side === "payer" ? ["LeaseAccepted", "PayerRestored"] : ["LeaseGranted", "PayeeRestored"];
  const kept = side === "payer" ? "PayerKept" : "PayeeKept";
  let last = 0n;
  for (const { sequence, event } of book.events()) {
    if (event.type === kept && "account" in event && isAbout(event, book, account)) {
      const { latest } = event.account;
      if (latest !== undefined && latest.number > last) yield { sequence, value: latest };
      continue;
    }
    if (event.type !== made && event.type !== restored) continue;
    if (!("lease" in event) || event.neighbour !== book.neighbour) continue;
    if (event.class !== account.class) continue;
    last = event.lease.number;
    yield { sequence, value: event.lease };
  }
  return undefined;
}

function isAbout(key: AccountKey, { neighbour }: LinkBook, account: AccountId): boolean {
  return key.neighbour === neighbour && key.class === account.class;
}

function vouchersPart(account: AccountId, payer: LinkBook, payee: LinkBook): Parting | undefined {
  const signed = vouchersIn(payer, "VoucherSigned");
  let other = signed.next();
  const firstKnown = other.done === true ? undefined : sum(other.value.value.totals);
  for (const credited of vouchersIn(payee, "VoucherCredited")) {
    const { sequence, value: voucher } = credited;
    const total = sum(voucher.totals);
    while (other.done !== true && sum(other.value.value.totals) < total) other = signed.next();
    // A payer that lost its disk knows of no voucher before the one that came back.
    if (firstKnown !== undefined && total < firstKnown && restoresTotal(payer)) continue;
    const found = other.done === true ? undefined : other.value;
    if (found !== undefined && sameVoucher(found.value, voucher)) continue;
    const channel = credited.channel;
    if (channel === undefined) continue;
    return {
      account,
      payerSequence: found?.sequence,
      payeeSequence: sequence,
      words: `the payee holds a voucher of ${voucher.cumulative} token units, signed by the payer, whose journal lacks it`,
      evidence: {
        kind: "a voucher that its signer's journal lacks",
        signer: account.payer,
        texts: [voucherText(channel.channelId, voucher)],
        channel,
      },
    };
  }
  return undefined;
}

/**
 * A voucher before any lease of its account is a total that came back after a lost disk; and a journal
 * that begins with what its history comes down to knows only the last one of before.
 */
function restoresTotal(payer: LinkBook): boolean {
  for (const { event } of payer.events()) {
    if (event.type === "HistoryKept") return true;
    if (!("neighbour" in event) || event.neighbour !== payer.neighbour) continue;
    if (event.type === "PayerRestored" || event.type === "VoucherSigned") return true;
    if (event.type === "LeaseAccepted") return false;
  }
  return false;
}

function sameVoucher(a: Voucher, b: Voucher): boolean {
  return (
    a.cumulative === b.cumulative &&
    a.totals.length === b.totals.length &&
    a.totals.every((total, i) => total === b.totals[i]) &&
    sameBytes(a.signature, b.signature)
  );
}

function* vouchersIn(
  book: LinkBook,
  type: "VoucherSigned" | "VoucherCredited",
): Generator<Numbered<Voucher> & { readonly channel: Channel | undefined }, undefined> {
  let channel: Channel | undefined;
  let last = 0n;
  for (const { sequence, event } of book.events()) {
    if (!("neighbour" in event) || event.neighbour !== book.neighbour) continue;
    if (event.type === "ChannelSeen") channel = event.channel;
    if (event.type === "NeighbourKept") {
      channel = event.kept.channel;
      const value = type === "VoucherSigned" ? event.kept.signed : event.kept.credited;
      if (value !== undefined && sum(value.totals) > last) yield { sequence, value, channel };
    }
    if (event.type !== type) continue;
    last = sum(event.voucher.totals);
    yield { sequence, value: event.voucher, channel };
  }
  return undefined;
}
