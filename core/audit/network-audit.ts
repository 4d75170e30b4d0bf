import { creditLimitAt } from "#core/account/credit-limit.ts";
import { deliveryClass, paysOn } from "#core/account/delivery.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Ledger, NeighbourLedger } from "#core/journal/ledger.ts";
import { due, type Schedule } from "#core/schedule/schedule.ts";
import type { Money } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { Finding } from "./finding.ts";
import type { JournalAudit } from "./journal-audit.ts";

/** Both books about one account, side by side. */
export interface HopAudit {
  readonly payer: NodeId;
  readonly payee: NodeId;
  readonly class: PriceClass;
  /** x, the payer's last journaled reading, and y, the payee's. */
  readonly sent: Position;
  readonly received: Position;
  /** F(x) by the payer's book and F(y) by the payee's. */
  readonly owed: Money;
  readonly expected: Money;
  /** v and w. */
  readonly signed: Money;
  readonly credited: Money;
  /** What the payer paid for bytes that the payee did not read: loss, and its own resets. */
  readonly overpaid: bigint;
  /** Of that, at most so much by its own resets: c x P each (T8). */
  readonly resetBound: bigint;
  /** Credit given: F(min(y, G)) - w, never below zero, and its bound L + P x unread (T7). */
  readonly exposure: bigint;
  readonly exposureBound: bigint;
  /** Nothing is on the way: v = w and g = G. */
  readonly drained: boolean;
}

/** What came of holding journals against each other. */
export interface NetworkAudit {
  readonly hops: readonly HopAudit[];
  readonly findings: readonly Finding[];
}

/** Holds the books of neighbours against each other: T2, T3, T5 and T11 on every shared account. */
export function compareJournals(audits: readonly JournalAudit[]): NetworkAudit {
  const hops: HopAudit[] = [];
  const findings: Finding[] = [];
  for (const payer of audits) {
    payer.ledger.neighbours.forEach((neighbour, i) => {
      const payee = audits.find((other) => other.ledger.node === neighbour.id);
      const back = payee?.ledger.neighbours.findIndex((one) => one.id === payer.ledger.node) ?? -1;
      if (payee === undefined || back < 0) return;
      neighbour.outbound.forEach((_, index) => {
        const hop = compareHop(payer, i, payee, back, index);
        if (hop === undefined) return;
        hops.push(hop.audit);
        findings.push(...hop.findings);
      });
    });
  }
  return { hops, findings };
}

function compareHop(payer: JournalAudit, i: number, payee: JournalAudit, j: number, index: number) {
  const owing = payer.ledger.neighbours[i];
  const owed = payee.ledger.neighbours[j];
  const out = owing?.outbound[index];
  const into = owed?.inbound[index];
  if (owing === undefined || owed === undefined || out === undefined || into === undefined) return;
  const paidClass = (index + 1) as PriceClass;
  if (!paysOn(owing, paidClass)) return;
  // Of a delivery the payee counts what was sent, and the payer what arrived.
  const delivered = deliveryClass(owing) === paidClass;
  const [sent, received] = delivered ? [into.read, out.sent] : [out.sent, into.read];
  const audit: HopAudit = {
    payer: owed.id,
    payee: owing.id,
    class: paidClass,
    sent,
    received,
    owed: due(out.schedule, out.sent),
    expected: due(into.schedule, into.read),
    signed: out.signed,
    credited: into.credited,
    overpaid: delivered ? 0n : due(out.schedule, out.sent) - due(into.schedule, into.read),
    resetBound: resetCost(owing, payer.leaps[i]?.[index], "reservation"),
    exposure: positive(due(into.schedule, into.read) - into.credited),
    exposureBound:
      (owed.terms === undefined ? 0n : creditLimitAt(owed.terms, into.credited)) +
      resetCost(owed, payee.forgiven[j]?.[index], "readChunk"),
    drained: out.signed === into.credited && out.schedule.end === into.schedule.end,
  };
  // Of a delivery an exit forgives what it sent unread, and a client leaps beyond what arrived.
  const resets = (payer.leaps[i]?.[index] ?? 0n) + (payee.forgiven[j]?.[index] ?? 0n);
  const recounted = delivered && resets > 0n;
  const wrong: readonly (readonly [boolean, string, string])[] = [
    // Handshakes before the first sight of a counter are in one count and not in the other (T19).
    [
      !recounted && audit.received > audit.sent + (owed.terms?.allowance ?? 0n),
      "T1",
      `received ${audit.received} of ${audit.sent} sent`,
    ],
    [audit.credited > audit.signed, "T5", `credited ${audit.credited} of ${audit.signed} signed`],
    [!isPrefix(out.schedule, into.schedule), "T2", "the two price schedules differ"],
    [audit.exposure > audit.exposureBound, "T7", `exposure ${audit.exposure} above its bound`],
    [splitVouchers(owing, owed), "T4", "two vouchers of one total differ"],
  ];
  const findings = wrong
    .filter(([is]) => is)
    .map(([, rule, words]) => findingBetween(payer.ledger, audit, rule, words));
  return { audit, findings };
}

/** So many resets cost at most so much: chunk x P each. */
function resetCost(
  neighbour: NeighbourLedger,
  resets: bigint | undefined,
  chunk: "reservation" | "readChunk",
): bigint {
  const { terms } = neighbour;
  return terms === undefined ? 0n : (resets ?? 0n) * terms[chunk] * terms.priceCap;
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}

/** Whether F of the payer is F of the payee as far as the payer's leases go. */
function isPrefix(payer: Schedule, payee: Schedule): boolean {
  if (payer.end > payee.end) return false;
  const from = payer.start > payee.start ? payer.start : payee.start;
  const joints = [...payer.segments, ...payee.segments].map((segment) => segment.from);
  return [from, payer.end, ...joints].every(
    (at) => at < from || at > payer.end || due(payer, at) === due(payee, at),
  );
}

function splitVouchers(payer: NeighbourLedger, payee: NeighbourLedger): boolean {
  const a = payer.signed;
  const b = payee.credited;
  return (
    a !== undefined &&
    b !== undefined &&
    a.cumulative === b.cumulative &&
    !sameBytes(a.signature, b.signature)
  );
}

function findingBetween(ledger: Ledger, hop: HopAudit, rule: string, words: string): Finding {
  return {
    node: ledger.node ?? hop.payer,
    event: undefined,
    sequence: undefined,
    neighbour: hop.payee,
    class: hop.class,
    rule,
    words,
  };
}
