import type { NumberedEvent } from "#core/audit/book-reader.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import type { Money } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** Money that one voucher moved on one class: what bookkeeping knows as a transaction. */
export interface Transaction {
  /** The commit that carries the voucher. */
  readonly sequence: bigint;
  readonly neighbour: NodeId;
  readonly class: number;
  readonly direction: "paid" | "received";
  /** Grains more than before, above 0. */
  readonly amount: bigint;
  /** Grains in all after it. */
  readonly total: Money;
  /** Bytes on that account by then: sent where we paid, received where we were paid. */
  readonly bytes: bigint;
}

/** Every payment of a journal, in order. Memory goes with the number of accounts only. */
export function* transactionsOf(events: Iterable<NumberedEvent>): Generator<Transaction, void> {
  const ids: NodeId[] = [];
  const totals = new Map<string, Money>();
  const bytes = new Map<string, bigint>();
  for (const { sequence, event } of events) {
    if (event.type === "NeighbourAdded") ids[event.neighbour] = event.id;
    if (event.type === "NeighbourKept") ids[event.neighbour] = event.kept.id;
    noteBytes(bytes, event);
    for (const { direction, number, voucher } of vouchersOf(event)) {
      const neighbour = ids[number];
      if (neighbour === undefined) continue;
      for (const [i, total] of voucher.totals.entries()) {
        const account = `${direction} ${number} ${i + 1}`;
        const amount = total - (totals.get(account) ?? 0n);
        if (amount <= 0n) continue;
        totals.set(account, total);
        const counted = bytes.get(account) ?? 0n;
        yield { sequence, neighbour, class: i + 1, direction, amount, total, bytes: counted };
      }
    }
  }
}

interface Paid {
  readonly direction: Transaction["direction"];
  readonly number: number;
  readonly voucher: Voucher;
}

/** Where history was restated, what had been paid by then counts as one payment. */
function vouchersOf(event: LedgerEvent): readonly Paid[] {
  const paid = (direction: Paid["direction"], number: number, voucher: Voucher | undefined) =>
    voucher === undefined ? [] : [{ direction, number, voucher }];
  switch (event.type) {
    case "VoucherSigned":
      return paid("paid", event.neighbour, event.voucher);
    case "VoucherCredited":
      return paid("received", event.neighbour, event.voucher);
    case "NeighbourKept":
      return [
        ...paid("paid", event.neighbour, event.kept.signed),
        ...paid("received", event.neighbour, event.kept.credited),
      ];
    default:
      return [];
  }
}

function noteBytes(bytes: Map<string, bigint>, event: LedgerEvent): void {
  switch (event.type) {
    case "BytesReserved":
    case "SentRead":
      bytes.set(`paid ${event.neighbour} ${event.class}`, event.sent);
      return;
    case "BytesRead":
      bytes.set(`received ${event.neighbour} ${event.class}`, event.read);
      return;
    default:
      return;
  }
}
