import { creditLimitAt } from "#core/account/credit-limit.ts";
import { deliveredView, deliveryClass } from "#core/account/delivery.ts";
import { payeeView } from "#core/account/payee-account.ts";
import { monitoredPayer, payerView } from "#core/account/payer-account.ts";
import { type SignatureCheck, signedBy } from "#core/identity/signature.ts";
import type { KeptEvent, LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import { integers } from "#core/rules/algebra.ts";
import { payeeInvariants } from "#core/rules/invariants.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import { type Finding, findingLimit } from "./finding.ts";
import { objections, objectionsToKept } from "./objection.ts";

/** What came of re-deciding one journal. */
export interface JournalAudit {
  readonly ledger: Ledger;
  readonly events: number;
  readonly findings: readonly Finding[];
  /** Findings beyond {@link findingLimit} are counted only. */
  readonly found: number;
  /** Per neighbour and class (class 1 first): resets of our own counters after the first sight. */
  readonly leaps: readonly (readonly bigint[])[];
  readonly forgiven: readonly (readonly bigint[])[];
}

/** An audit under way: feed it events one by one, so that a long journal needs no memory. */
export interface JournalAuditor {
  /** @param sequence of the commit that carried it, for findings. */
  add(event: LedgerEvent, sequence?: bigint): void;
  result(): JournalAudit;
}

/**
 * Replays a journal and decides every event again by the rules: signatures, guards, invariants.
 * Trusts nothing but the rules and the neighbours' signatures.
 */
export function journalAuditor(holds: SignatureCheck = signedBy): JournalAuditor {
  let ledger = emptyLedger;
  let events = 0;
  let found = 0;
  const findings: Finding[] = [];
  const leaps: bigint[][] = [];
  const forgiven: bigint[][] = [];
  let at: bigint | undefined;
  let beginning = 0;
  const object = (event: LedgerEvent, rule: string, words: string): void => {
    found += 1;
    if (findings.length >= findingLimit) return;
    findings.push({ ...findingOf(ledger, events, event, rule, words), sequence: at });
  };
  return {
    add(event, sequence) {
      events += 1;
      at = sequence;
      if (events === 1 && event.type === "HistoryKept") beginning = event.parts + 1;
      if (beginning > 0 && isKept(event)) {
        beginning -= 1;
        ledger = evolve(ledger, event);
        countKept(event, leaps, forgiven);
        for (const one of objectionsToKept(ledger, event, holds)) object(event, ...one);
        return;
      }
      beginning = 0;
      for (const [rule, words] of objections(ledger, event, holds)) object(event, rule, words);
      countReset(ledger, event, leaps, forgiven);
      ledger = evolve(ledger, event);
      for (const [rule, words] of brokenInvariants(ledger, event)) object(event, rule, words);
    },
    result: () => ({ ledger, events, findings, found, leaps, forgiven }),
  };
}

function isKept(event: LedgerEvent): event is KeptEvent {
  return event.type.endsWith("Kept");
}

function countKept(event: KeptEvent, leaps: bigint[][], forgiven: bigint[][]): void {
  if (event.type !== "PayerKept" && event.type !== "PayeeKept") return;
  const counts = event.type === "PayerKept" ? leaps : forgiven;
  const row = counts[event.neighbour] ?? [];
  row[event.class - 1] = event.resets;
  counts[event.neighbour] = row;
}

/** Audits a whole journal. */
export function auditJournal(
  events: Iterable<LedgerEvent>,
  holds: SignatureCheck = signedBy,
): JournalAudit {
  const auditor = journalAuditor(holds);
  for (const event of events) auditor.add(event);
  return auditor.result();
}

function findingOf(
  ledger: Ledger,
  index: number,
  event: LedgerEvent,
  rule: string,
  words: string,
): Omit<Finding, "sequence"> {
  const neighbour = "neighbour" in event ? ledger.neighbours[event.neighbour]?.id : undefined;
  return {
    node: ledger.node ?? "a journal that names no node",
    event: index,
    neighbour,
    class: "class" in event ? event.class : undefined,
    rule,
    words: `${event.type}: ${words}`,
  };
}

function countReset(
  ledger: Ledger,
  event: LedgerEvent,
  leaps: bigint[][],
  forgiven: bigint[][],
): void {
  if (event.type !== "PositionLeapt" && event.type !== "BytesForgiven") return;
  const neighbour = ledger.neighbours[event.neighbour];
  const index = event.class - 1;
  const leapt = event.type === "PositionLeapt";
  const counter = leapt ? neighbour?.outbound[index]?.counter : neighbour?.inbound[index]?.counter;
  if (counter === undefined) return;
  const counts = leapt ? leaps : forgiven;
  const row = counts[event.neighbour] ?? [];
  row[index] = (row[index] ?? 0n) + 1n;
  counts[event.neighbour] = row;
}

/** T1, T5, T6 and T7 of the accounts that an event touched. */
function brokenInvariants(
  ledger: Ledger,
  event: LedgerEvent,
): readonly (readonly [string, string])[] {
  // After a lost disk the lease comes back first, the total that backs it with the next event.
  if (!("neighbour" in event) || event.type === "PayeeRestored") return [];
  const neighbour = ledger.neighbours[event.neighbour];
  if (neighbour?.terms === undefined) return [];
  const { terms } = neighbour;
  const all = neighbour.outbound.map((_, i) => (i + 1) as PriceClass);
  const classes: readonly PriceClass[] = "class" in event ? [event.class] : all;
  return classes.flatMap((paidClass) => {
    const payer = neighbour.outbound[paidClass - 1];
    const payee = neighbour.inbound[paidClass - 1];
    if (payer === undefined || payee === undefined) return [];
    const payerCurve = (at: bigint) => due(payer.schedule, at as Position);
    const payeeCurve = (at: bigint) => due(payee.schedule, at as Position);
    const asPayer = payerView(payer, payer.sent);
    const delivered = deliveryClass(neighbour) === paidClass;
    const paying = delivered ? deliveredView(asPayer, terms) : asPayer;
    const asPayee = payeeView(payee);
    const limit = creditLimitAt(terms, payee.credited);
    return [
      ...monitoredPayer(payer).filter(
        (one) => !one.holds(integers, payerCurve, one.theorem === "T5" ? paying : asPayer),
      ),
      ...payeeInvariants.filter((one) => !one.holds(integers, payeeCurve, asPayee, limit)),
    ].map((one) => [one.theorem, `breaks ${one.claim}`] as const);
  });
}
