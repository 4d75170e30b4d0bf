import { creditLimitAt } from "#core/account/credit-limit.ts";
import { deliveryClass, reservingTerms, toleratedAt } from "#core/account/delivery.ts";
import { type PayeeAccount, payeeView, settled } from "#core/account/payee-account.ts";
import { type PayerAccount, payerView } from "#core/account/payer-account.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { SignatureCheck } from "#core/identity/signature.ts";
import type { KeptEvent, LedgerEvent, PayeeEvent, PayerEvent } from "#core/journal/event.ts";
import { evolve, type Ledger, type NeighbourLedger } from "#core/journal/ledger.ts";
import { encodeLedger } from "#core/journal/ledger-form.ts";
import { integers } from "#core/rules/algebra.ts";
import { fitsSchedule, mayGrant } from "#core/rules/payee-rules.ts";
import { mayReserve } from "#core/rules/payer-rules.ts";
import type { AccountId } from "#core/schedule/account-id.ts";
import { dueAtEnd, isUnnamed, type Lease, leaseHolds } from "#core/schedule/lease.ts";
import { due, misfit } from "#core/schedule/schedule.ts";
import { coverOfOurs, coverOfTheirs } from "#core/settlement/cover.ts";
import { addsUp, sum, type Voucher, voucherHolds } from "#core/settlement/voucher.ts";
import { type JournalId, unnamedJournal } from "#core/units/journal-id.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import { objectionsToDealing } from "./dealing-objection.ts";
import { type Objection, when } from "./rule-breach.ts";

/** Everything the rules say against an event, given the ledger before it. Empty where it is right. */
export function objections(
  ledger: Ledger,
  event: LedgerEvent,
  holds: SignatureCheck,
): readonly Objection[] {
  if (event.type === "NodeOpened") {
    const unnamed = ledger.node === event.node && ledger.journal === undefined;
    const opens = ledger.node === undefined || (unnamed && event.journal !== unnamedJournal);
    return opens ? [] : [["journal", "a journal belongs to one node, and has one name"]];
  }
  if (ledger.node === undefined) return [["journal", "the first event names the node"]];
  switch (event.type) {
    case "HistoryKept":
    case "NeighbourKept":
    case "PayerKept":
    case "PayeeKept":
      return misstated(ledger, event);
    case "AgentStarted":
      return event.run > ledger.run ? [] : [["journal", `run ${event.run} out of order`]];
    case "NeighbourAdded":
      return event.neighbour === ledger.neighbours.length
        ? []
        : [["journal", `neighbour number ${event.neighbour} out of order`]];
    default: {
      const neighbour = ledger.neighbours[event.neighbour];
      if (neighbour === undefined) return [["journal", "about a neighbour that was never added"]];
      return ofNeighbour(ledger, neighbour, event, holds);
    }
  }
}

/** Where the history is still there, a restatement of it changes nothing. */
function misstated(ledger: Ledger, event: KeptEvent): readonly Objection[] {
  const same = sameBytes(encodeLedger(evolve(ledger, event)), encodeLedger(ledger));
  return when(!same, "journal", "history restated differently from what it was");
}

/**
 * What can be said against a restatement with which a journal begins: only that signatures in it do
 * not hold. The history itself is elsewhere, named by the hash in its segment's header.
 */
export function objectionsToKept(
  ledger: Ledger,
  event: KeptEvent,
  holds: SignatureCheck,
): readonly Objection[] {
  const self = ledger.node;
  if (event.type === "HistoryKept" || self === undefined) return [];
  const neighbour = ledger.neighbours[event.neighbour];
  if (event.type === "NeighbourKept") {
    const { channel, signed: ours, credited: theirs, id } = event.kept;
    const wrong = (voucher: Voucher | undefined, by: NodeId) =>
      voucher !== undefined &&
      (channel === undefined || !voucherHolds(holds, channel, voucher, by));
    return when(wrong(ours, self) || wrong(theirs, id), "E4", "a kept voucher is not its signer's");
  }
  if (neighbour === undefined) return [["journal", "about a neighbour that was never added"]];
  const { latest } = event.account;
  const [payer, payee] = event.type === "PayerKept" ? [self, neighbour.id] : [neighbour.id, self];
  const id = { payer, payee, class: event.class };
  const wrong = latest !== undefined && !leaseHolds(holds, id, latest);
  return when(wrong, "E4", "a kept lease is not the payee's");
}

type AboutNeighbour = Exclude<
  LedgerEvent,
  { readonly type: "NodeOpened" | "AgentStarted" | "NeighbourAdded" } | KeptEvent
>;

function ofNeighbour(
  ledger: Ledger,
  neighbour: NeighbourLedger,
  event: AboutNeighbour,
  holds: SignatureCheck,
): readonly Objection[] {
  const self = ledger.node ?? neighbour.id;
  switch (event.type) {
    case "NeighbourMet":
      return when(neighbour.journal === event.journal, "journal", "met a journal that is known");
    case "VoucherSigned":
      return signed(self, neighbour, event.voucher, holds);
    case "VoucherCredited":
      return credited(neighbour, event.voucher, holds);
    case "VoucherHeld":
      return heldBack(neighbour, event.voucher, holds);
    case "PositionLeapt":
    case "LeaseAccepted":
    case "BytesReserved":
    case "SentRead":
    case "PayerRestored": {
      const account = neighbour.outbound[event.class - 1];
      const id = { payer: self, payee: neighbour.id, class: event.class };
      if (account === undefined) return [["journal", "a class that does not exist"]];
      return asPayer(ledger, neighbour, account, id, event, holds);
    }
    case "BytesForgiven":
    case "BytesRead":
    case "LeaseGranted":
    case "PriceSet":
    case "PayeeRestored": {
      const account = neighbour.inbound[event.class - 1];
      const id = { payer: neighbour.id, payee: self, class: event.class };
      if (account === undefined) return [["journal", "a class that does not exist"]];
      return asPayee(ledger, neighbour, account, id, event, holds);
    }
    case "WithdrawalAsked":
    case "PermitSigned":
    case "PermitRecalled":
    case "PermitTaken":
    case "EndingBegun":
    case "FinalSigned":
    case "FinalTaken":
      return objectionsToDealing(self, neighbour, event, holds);
    case "InvariantBroken":
      return [[event.theorem, "the agent found it broken and stopped acting"]];
    default:
      return []; // the operator's own doing, or a fact that no rule restricts
  }
}

function asPayer(
  ledger: Ledger,
  neighbour: NeighbourLedger,
  account: PayerAccount,
  id: AccountId,
  event: PayerEvent,
  holds: SignatureCheck,
): readonly Objection[] {
  switch (event.type) {
    case "PositionLeapt":
      return []; // where a counter's past is unknown, no rule says when
    case "SentRead":
      return event.sent >= account.sent ? [] : [["T17", "the position goes back"]];
    case "BytesReserved": {
      const view = payerView(account, event.sent);
      const { terms } = neighbour;
      const right =
        terms !== undefined &&
        mayReserve(integers, view, reservingTerms(neighbour, terms, event.class), event.reserved);
      return [
        ...when(!right, "P1", `r ${account.reserved} to ${event.reserved} at x ${event.sent}`),
        ...when(event.sent < account.sent, "T17", "the position goes back"),
      ];
    }
    case "LeaseAccepted":
      return [
        ...misplaced("P5", account.schedule, event.lease),
        ...when(!leaseHolds(holds, id, event.lease), "E4", "the lease is not the payee's"),
        ...foreign("P5", ledger.journal, neighbour.journal, event.lease),
        ...when(
          neighbour.terms !== undefined && event.lease.price > neighbour.terms.priceCap,
          "P5",
          `price ${event.lease.price} above the cap`,
        ),
      ];
    case "PayerRestored":
      return [
        ...when(
          account.schedule.leases !== 0n || event.lease.payerJournal === ledger.journal,
          "P6",
          "restored though nothing was lost",
        ),
        ...when(!leaseHolds(holds, id, event.lease), "E4", "the lease is not the payee's"),
      ];
  }
}

function asPayee(
  ledger: Ledger,
  neighbour: NeighbourLedger,
  account: PayeeAccount,
  id: AccountId,
  event: PayeeEvent,
  holds: SignatureCheck,
): readonly Objection[] {
  switch (event.type) {
    case "BytesForgiven":
    case "PriceSet":
      return []; // the payee's to give
    case "BytesRead": {
      const { counter } = account;
      return [
        ...when(event.read < account.read, "Q3", "y goes back"),
        ...when(counter === undefined, "Q3", "a reading of no counter"),
        ...when(
          counter !== undefined &&
            event.read > account.read &&
            event.read !== counter.base + event.raw,
          "Q3",
          "y is not what base and raw say",
        ),
      ];
    }
    case "LeaseGranted": {
      const { terms } = neighbour;
      const limit = terms === undefined ? 0n : creditLimitAt(terms, account.credited);
      const to = dueAtEnd(event.lease);
      const right = mayGrant(integers, payeeView(account), limit, event.lease.to, to);
      return [
        ...misplaced("Q2", account.schedule, event.lease),
        ...when(!right, "Q2", `F(to) ${to} above w ${account.credited} + L ${limit}`),
        ...when(!leaseHolds(holds, id, event.lease), "E4", "the lease is not signed by us"),
        ...foreign("Q2", neighbour.journal, ledger.journal, event.lease),
        ...when(
          !isUnnamed(event.lease) && event.lease.settled !== settled(account),
          "Q2",
          "another position than the one paid to",
        ),
        ...when(account.price !== event.lease.price, "Q2", "another price than the one set"),
      ];
    }
    case "PayeeRestored":
      return [
        ...when(event.lease.number <= account.schedule.leases, "Q2", "restored, nothing was lost"),
        ...when(
          !isUnnamed(event.lease) && event.read !== event.lease.settled,
          "Q3",
          "resumed at another position than paid to",
        ),
        ...when(!leaseHolds(holds, id, event.lease), "E4", "the lease is not signed by us"),
      ];
  }
}

function signed(
  self: NodeId,
  neighbour: NeighbourLedger,
  voucher: Voucher,
  holds: SignatureCheck,
): readonly Objection[] {
  const { channel } = neighbour;
  if (channel === undefined) return [["P3", "a voucher without a channel"]];
  const restoring = neighbour.outbound.every((account) => account.schedule.leases === 0n);
  const beyond = neighbour.outbound.some((account, i) => {
    const total = voucher.totals[i] ?? 0n;
    // After a lost disk a class without leases yet keeps the total that came back.
    if (account.schedule.leases === 0n) return !restoring && total > account.signed;
    const { terms } = neighbour;
    const delivered = terms !== undefined && deliveryClass(neighbour) === i + 1;
    const most = delivered ? toleratedAt(terms, account.reserved) : account.reserved;
    return total > due(account.schedule, most);
  });
  const goesDown = neighbour.outbound.some(
    (account, i) => (voucher.totals[i] ?? 0n) < account.signed,
  );
  const over = voucher.cumulative > coverOfOurs({ ...neighbour, channel });
  const { spendingLimit } = neighbour;
  return [
    ...when(beyond, "P3", "more signed than F(r)"),
    ...when(goesDown, "T4", "a total goes down"),
    ...when(!addsUp(channel, voucher, channel.settledOut), "T13", "the classes do not add up"),
    ...when(over, "P3", "more signed than the channel holds"),
    ...when(
      !restoring && spendingLimit !== undefined && sum(voucher.totals) > spendingLimit,
      "P3",
      "more signed than the operator allows",
    ),
    ...when(!voucherHolds(holds, channel, voucher, self), "E4", "the voucher is not ours"),
  ];
}

function credited(
  neighbour: NeighbourLedger,
  voucher: Voucher,
  holds: SignatureCheck,
): readonly Objection[] {
  const { channel } = neighbour;
  if (channel === undefined) return [["Q1", "a voucher without a channel"]];
  const misfits = neighbour.inbound.some((account, i) => {
    const curve = (at: bigint) => due(account.schedule, at as Position);
    return !fitsSchedule(integers, curve, payeeView(account), voucher.totals[i] ?? 0n);
  });
  const over = voucher.cumulative > coverOfTheirs({ ...neighbour, channel });
  const known = sum(neighbour.credited?.totals ?? []);
  return [
    ...when(misfits, "Q1", "more credited than was leased"),
    ...when(over, "Q1", "more credited than the channel holds"),
    ...when(sum(voucher.totals) <= known, "T4", "credited again or downwards"),
    ...when(!addsUp(channel, voucher, channel.settledIn), "T13", "the classes do not add up"),
    ...when(
      !voucherHolds(holds, channel, voucher, neighbour.id),
      "E4",
      "not the payer's signature",
    ),
  ];
}

function heldBack(
  neighbour: NeighbourLedger,
  voucher: Voucher,
  holds: SignatureCheck,
): readonly Objection[] {
  const { channel } = neighbour;
  if (channel === undefined) return [["Q1", "a voucher without a channel"]];
  return when(
    !voucherHolds(holds, channel, voucher, neighbour.id),
    "E4",
    "not the payer's signature",
  );
}

function misplaced(
  rule: string,
  schedule: Parameters<typeof misfit>[0],
  lease: Lease,
): readonly Objection[] {
  const why = misfit(schedule, lease);
  return why === undefined ? [] : [[rule, why]];
}

/** Leases are made between the two journals that have met. */
function foreign(
  rule: string,
  payer: JournalId | undefined,
  payee: JournalId | undefined,
  lease: Lease,
): readonly Objection[] {
  const right =
    lease.payerJournal === (payer ?? unnamedJournal) &&
    lease.payeeJournal === (payee ?? unnamedJournal);
  return when(!right, rule, "a lease of another journal");
}
