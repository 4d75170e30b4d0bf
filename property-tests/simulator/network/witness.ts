import type { LedgerEvent } from "#core/journal/event.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import { across, linkAt, type Network, type SimNode, wayAt } from "./network.ts";

/**
 * What events mean for the truth: where a counter's past is unknown or a disk was lost, positions
 * go on from the journal; what that costs or forgives is kept for T7 and T8.
 */
export function witness(
  net: Network,
  node: SimNode,
  before: Ledger,
  after: Ledger,
  events: readonly LedgerEvent[],
): void {
  for (const event of events) {
    noteReturn(net, node, event);
    switch (event.type) {
      case "PositionLeapt":
      case "PayerRestored":
        witnessLeap(net, node, before, after, event);
        break;
      case "BytesForgiven":
      case "PayeeRestored":
        witnessForgiveness(net, node, after, event);
        break;
      case "VoucherSigned":
        raiseSigned(net, node, event.neighbour, event.voucher.totals);
        break;
      case "VoucherCredited":
        raiseCredited(net, node, event.neighbour, event.voucher.totals);
        break;
      default:
    }
  }
}

/** A lost journal knows an account again: leases were taken, or granted, or came back. */
function noteReturn(net: Network, node: SimNode, event: LedgerEvent): void {
  if (!("class" in event)) return;
  const end = node.ends[event.neighbour];
  if (end === undefined || end.retired) return;
  const link = linkAt(net, end.link);
  switch (event.type) {
    case "PayerRestored":
    case "LeaseAccepted":
      wayAt(link, end.side, event.class).blank.payer = false;
      return;
    case "PayeeRestored":
    case "LeaseGranted":
      wayAt(link, across(end.side), event.class).blank.payee = false;
      return;
    default:
  }
}

type Key = { readonly neighbour: number; readonly class: number };

function witnessLeap(net: Network, node: SimNode, before: Ledger, after: Ledger, key: Key): void {
  const end = node.ends[key.neighbour];
  const account = after.neighbours[key.neighbour]?.outbound[key.class - 1];
  if (end === undefined || end.retired || account === undefined) return;
  const way = wayAt(linkAt(net, end.link), end.side, key.class);
  const known = before.neighbours[key.neighbour]?.outbound[key.class - 1];
  const base = account.counter?.base;
  const tx = base === undefined ? account.sent : base + way.rawSent;
  if (tx > way.tx) {
    const schedule =
      known !== undefined && known.schedule.end >= tx ? known.schedule : account.schedule;
    const fromDue = due(schedule, way.tx as Position);
    way.leaps.push({ fromDue, toDue: due(schedule, tx as Position) });
  }
  way.tx = tx;
}

function witnessForgiveness(net: Network, node: SimNode, after: Ledger, key: Key): void {
  const end = node.ends[key.neighbour];
  const account = after.neighbours[key.neighbour]?.inbound[key.class - 1];
  if (end === undefined || end.retired || account === undefined) return;
  const way = wayAt(linkAt(net, end.link), across(end.side), key.class);
  const base = account.counter?.base;
  const rx = base === undefined ? account.read : base + way.rawReceived;
  if (rx < way.rx) way.forgiven += way.rx - rx;
  way.rx = rx;
}

function raiseSigned(
  net: Network,
  node: SimNode,
  neighbour: number,
  totals: readonly bigint[],
): void {
  const end = node.ends[neighbour];
  if (end === undefined || end.retired) return;
  totals.forEach((total, i) => {
    const way = wayAt(linkAt(net, end.link), end.side, i + 1);
    if (total > way.bestSigned) way.bestSigned = total;
  });
}

function raiseCredited(
  net: Network,
  node: SimNode,
  neighbour: number,
  totals: readonly bigint[],
): void {
  const end = node.ends[neighbour];
  if (end === undefined || end.retired) return;
  totals.forEach((total, i) => {
    const way = wayAt(linkAt(net, end.link), across(end.side), i + 1);
    if (total > way.bestCredited) way.bestCredited = total;
  });
}
