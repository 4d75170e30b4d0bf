import type { LedgerEvent } from "#core/journal/event.ts";
import type { Lease } from "#core/schedule/lease.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { sum, type Voucher } from "#core/settlement/voucher.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Shown } from "./claim-walk.ts";

/** An event with the sequence of the commit that carried it. */
export interface NumberedEvent {
  readonly sequence: bigint;
  readonly event: LedgerEvent;
}

/** What the node of a journal is on an account. */
export type Role = "payer" | "payee";

/** A voucher with the channel it is paid over, as far as the journal knows it. */
export interface PaidVoucher {
  readonly voucher: Voucher;
  readonly channel: Channel | undefined;
}

/** Hears what a journal shows of one neighbour, in the journal's order. */
export interface BookListener {
  /** Leases by their number: as payer accepted ones, as payee granted ones. */
  readonly lease: (role: Role, paidClass: PriceClass, lease: Shown<Lease>) => void;
  /** Vouchers by the sum of their totals: as payer signed ones, as payee credited ones. */
  readonly voucher: (role: Role, voucher: Shown<PaidVoucher>) => void;
  /**
   * Once, before any voucher of the payer's: whether the journal may know less than was signed. So it
   * is after a lost disk, where totals come back before any lease; and where the journal begins with
   * what its history comes down to, and knows the last voucher of before only.
   */
  readonly begun: (knowsLess: boolean) => void;
}

/** Reads of a journal what concerns one neighbour. Takes events in order; says whether it told any. */
export function bookReader(neighbour: number, told: BookListener): (one: NumberedEvent) => boolean {
  const lastLease = { payer: new Map<PriceClass, bigint>(), payee: new Map<PriceClass, bigint>() };
  const lastTotal = { payer: 0n, payee: 0n };
  let channel: Channel | undefined;
  let begun = false;

  const begin = (knowsLess: boolean): void => {
    if (!begun) told.begun(knowsLess);
    begun = true;
  };
  const lease = (role: Role, paidClass: PriceClass, value: Lease, sequence: bigint): boolean => {
    lastLease[role].set(paidClass, value.number);
    told.lease(role, paidClass, { number: value.number, sequence, value });
    return true;
  };
  const voucher = (role: Role, value: Voucher, sequence: bigint): boolean => {
    lastTotal[role] = sum(value.totals);
    told.voucher(role, { number: lastTotal[role], sequence, value: { voucher: value, channel } });
    return true;
  };
  /** What is kept says nothing new where its history is there too. */
  const keptVoucher = (role: Role, value: Voucher | undefined, sequence: bigint): boolean =>
    value !== undefined && sum(value.totals) > lastTotal[role] && voucher(role, value, sequence);

  return ({ sequence, event }) => {
    if (event.type === "HistoryKept") begin(true);
    if (!("neighbour" in event) || event.neighbour !== neighbour) return false;
    switch (event.type) {
      case "ChannelSeen":
        channel = event.channel;
        return false;
      case "NeighbourKept": {
        begin(true);
        channel = event.kept.channel;
        const signed = keptVoucher("payer", event.kept.signed, sequence);
        return keptVoucher("payee", event.kept.credited, sequence) || signed;
      }
      case "PayerKept":
      case "PayeeKept": {
        const role = event.type === "PayerKept" ? "payer" : "payee";
        const { latest } = event.account;
        if (latest === undefined) return false;
        if (latest.number <= (lastLease[role].get(event.class) ?? 0n)) return false;
        return lease(role, event.class, latest, sequence);
      }
      case "LeaseAccepted":
      case "PayerRestored":
        begin(event.type === "PayerRestored");
        return lease("payer", event.class, event.lease, sequence);
      case "LeaseGranted":
      case "PayeeRestored":
        return lease("payee", event.class, event.lease, sequence);
      case "VoucherSigned":
        begin(true);
        return voucher("payer", event.voucher, sequence);
      case "VoucherCredited":
        return voucher("payee", event.voucher, sequence);
      default:
        return false;
    }
  };
}
