import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import { dueAtEnd } from "#core/schedule/lease.ts";
import { due } from "#core/schedule/schedule.ts";

/** One line of an explanation: what happened, and where the account stands after it. */
export interface ExplanationLine {
  /** The number of the event in the journal, 1 first. */
  readonly event: number;
  readonly direction: "we pay" | "we are paid" | "both";
  readonly class: number | undefined;
  readonly words: string;
  /** After the event: what is owed (or expected), and what is signed (or credited). Grains. */
  readonly amount: bigint | undefined;
  readonly settled: bigint | undefined;
}

/** Why a neighbour owes what it owes: every event of its accounts, in words. */
export function explain(
  events: Iterable<LedgerEvent>,
  neighbour: number,
): readonly ExplanationLine[] {
  let ledger = emptyLedger;
  const lines: ExplanationLine[] = [];
  let number = 0;
  for (const event of events) {
    number += 1;
    ledger = evolve(ledger, event);
    if (!("neighbour" in event) || event.neighbour !== neighbour) continue;
    const paidClass = "class" in event ? event.class : undefined;
    const accounts = ledger.neighbours[neighbour];
    const direction = directionOf(event);
    const index = (paidClass ?? 1) - 1;
    const out = accounts?.outbound[index];
    const into = accounts?.inbound[index];
    const paying = direction === "we pay";
    const paid = direction === "we are paid";
    lines.push({
      event: number,
      direction,
      class: paidClass,
      words: inWords(event),
      amount:
        paying && out !== undefined
          ? due(out.schedule, out.sent)
          : paid && into !== undefined
            ? due(into.schedule, into.read)
            : undefined,
      settled: paying ? out?.signed : paid ? into?.credited : undefined,
    });
  }
  return lines;
}

function directionOf(event: LedgerEvent): ExplanationLine["direction"] {
  switch (event.type) {
    case "PositionLeapt":
    case "LeaseAccepted":
    case "BytesReserved":
    case "SentRead":
    case "PayerRestored":
    case "VoucherSigned":
    case "SpendingLimited":
      return "we pay";
    case "BytesForgiven":
    case "BytesRead":
    case "LeaseGranted":
    case "PriceSet":
    case "PayeeRestored":
    case "VoucherCredited":
    case "VoucherHeld":
      return "we are paid";
    default:
      return "both";
  }
}

function inWords(event: LedgerEvent): string {
  switch (event.type) {
    case "NodeOpened":
      return `journal ${event.journal} of node ${event.node} begins`;
    case "AgentStarted":
      return `the agent started for the ${event.run}. time`;
    case "HistoryKept":
      return `everything before is restated in ${event.parts} events, and may have been removed`;
    case "NeighbourKept":
    case "PayerKept":
    case "PayeeKept":
      return "what was, restated";
    case "NeighbourAdded":
      return `the neighbour was added, with ${event.classes} paid class(es)`;
    case "NeighbourMet":
      return `the neighbour speaks from its journal ${event.journal}: what others of it said is void`;
    case "TermsSet":
      return `terms: credit limit ${event.terms.creditLimit}, pay threshold ${event.terms.payThreshold} grains`;
    case "ChannelSeen":
      return `channel: we deposited ${event.channel.depositOut}, the neighbour ${event.channel.depositIn} token units`;
    case "SpendingLimited":
      return `the operator allows ${event.limit} grains to be signed in all`;
    case "PositionLeapt":
      return "the counter's past is unknown: everything reserved counts as sent";
    case "LeaseAccepted":
      return `lease ${event.lease.number} accepted: bytes ${event.lease.from} to ${event.lease.to} at ${event.lease.price} grains a byte`;
    case "BytesReserved":
      return `${event.sent} bytes sent; the kernel may send up to ${event.reserved}`;
    case "SentRead":
      return `${event.sent} bytes sent`;
    case "PayerRestored":
      return `our disk was lost: resumed at byte ${event.lease.to}, where the neighbour's last lease ends`;
    case "BytesForgiven":
      return "the counter begins anew: bytes that were not read yet are forgiven";
    case "BytesRead":
      return `${event.read} bytes received`;
    case "LeaseGranted":
      return `lease ${event.lease.number} granted: bytes ${event.lease.from} to ${event.lease.to} at ${event.lease.price} grains a byte; all leases cost ${dueAtEnd(event.lease)}`;
    case "PriceSet":
      return `our price is ${event.price} grains a byte from the next lease on`;
    case "PayeeRestored":
      return `our disk was lost: resumed from our own lease ${event.lease.number}, shown by the neighbour`;
    case "VoucherSigned":
      return `paid: the voucher's total is ${event.voucher.cumulative} token units`;
    case "VoucherCredited":
      return `payment credited: the voucher's total is ${event.voucher.cumulative} token units`;
    case "VoucherHeld":
      return `a voucher of ${event.voucher.cumulative} token units is kept until the channel covers it`;
    case "WithdrawalAsked":
      return `we ask to take ${event.total} token units out of the channel, in all`;
    case "PermitSigned":
      return `the neighbour may take ${event.total} token units out of the channel, in all`;
    case "PermitRecalled":
      return `our permit to take out ${event.permit.total} token units, shown by the neighbour: our disk was lost`;
    case "PermitTaken":
      return `the neighbour lets us take ${event.permit.total} token units out of the channel, in all`;
    case "EndingBegun":
      return "the channel is to be closed together: nothing more is signed on it";
    case "FinalSigned":
      return `we signed to close with ${event.final.out} token units of ours and ${event.final.in} of the neighbour's`;
    case "FinalTaken":
      return "the neighbour signed the same: the channel can be closed at once";
    case "FraudProven":
      return `FRAUD PROVEN: ${event.fraud}`;
    case "InvariantBroken":
      return `${event.theorem} IS BROKEN: nothing more is signed, granted or reserved`;
  }
}
