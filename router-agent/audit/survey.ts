import { civilTimeOf, readCivilNotes } from "#adapters/journal/civil-notes.ts";
import type { NumberedEvent } from "#core/audit/book-reader.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { emptyLedger, evolve, type NeighbourLedger } from "#core/journal/ledger.ts";
import { due, reach } from "#core/schedule/schedule.ts";
import { sum } from "#core/settlement/voucher.ts";
import type { Comparison } from "./comparison.ts";
import { namer } from "./comparison-lines.ts";
import { type Examination, eventsOf, verdictOf } from "./examination.ts";
import {
  type AccountSeries,
  type JournalFacts,
  type NodeFacts,
  type Point,
  type ReportFacts,
  thinned,
} from "./report-facts.ts";

/** Reads the journals once more, and keeps of them what can be drawn. */
export function survey(found: Comparison, money: ReportFacts["money"]): ReportFacts {
  const name = namer(found.journals);
  const lines = new Map<string, AccountLines>();
  for (const one of found.journals) draw(lines, one);
  const accounts = [...lines.values()].map((one) => seriesOf(one, found));
  return {
    verdict: found.verdict,
    journals: found.journals.map((one) => journalFacts(one, name)),
    nodes: nodesOf(found, accounts, name),
    accounts: accounts.toSorted((a, b) => compareSize(b, a)),
    differences: differencesOf(found, name),
    money,
  };
}

function compareSize(a: AccountSeries, b: AccountSeries): number {
  const [x, y] = [a.signed + a.sent, b.signed + b.sent];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** What is gathered of one account. */
interface AccountLines {
  readonly payer: string;
  readonly payee: string;
  readonly class: number;
  readonly owed: Line;
  readonly expected: Line;
  readonly signed: Line;
  readonly credited: Line;
  readonly loss: Line;
  readonly exposure: Line;
  readonly prices: Point[];
  payments: number;
}

type Line = ReturnType<typeof thinned>;

/** Prices change seldom; where they change this often, a picture shows the first ones. */
const priceLimit = 500;

function linesOf(
  lines: Map<string, AccountLines>,
  payer: string,
  payee: string,
  paidClass: number,
): AccountLines {
  const key = `${payer} ${payee} ${paidClass}`;
  const known = lines.get(key);
  if (known !== undefined) return known;
  const fresh: AccountLines = {
    payer,
    payee,
    class: paidClass,
    owed: thinned(),
    expected: thinned(),
    signed: thinned(),
    credited: thinned(),
    loss: thinned(),
    exposure: thinned(),
    prices: [],
    payments: 0,
  };
  lines.set(key, fresh);
  return fresh;
}

function draw(lines: Map<string, AccountLines>, { directory }: Examination): void {
  let ledger = emptyLedger;
  for (const { event } of eventsOf(directory) as Iterable<NumberedEvent>) {
    ledger = evolve(ledger, event);
    if (!("neighbour" in event) || ledger.node === undefined) continue;
    const neighbour = ledger.neighbours[event.neighbour];
    if (neighbour === undefined) continue;
    const of = (payer: string, payee: string, paidClass: number) =>
      linesOf(lines, payer, payee, paidClass);
    if (event.type === "VoucherSigned" || event.type === "VoucherCredited") {
      const signed = event.type === "VoucherSigned";
      neighbour.outbound.forEach((_, i) => {
        const [payer, payee] = signed ? [ledger.node, neighbour.id] : [neighbour.id, ledger.node];
        if (payer === undefined || payee === undefined) return;
        drawPayment(of(payer, payee, i + 1), neighbour, i, signed);
      });
    } else if ("class" in event) drawReading(of, ledger.node, neighbour, event);
  }
}

function drawPayment(
  account: AccountLines,
  neighbour: NeighbourLedger,
  index: number,
  signed: boolean,
): void {
  const payer = neighbour.outbound[index];
  const payee = neighbour.inbound[index];
  if (payer === undefined || payee === undefined) return;
  if (signed) {
    if (payer.signed === 0n) return;
    account.signed.add({ at: payer.sent, value: payer.signed });
    return;
  }
  if (payee.credited === 0n) return;
  account.payments += 1;
  const paidTo = reach(payee.schedule, payee.credited);
  account.credited.add({ at: payee.read, value: payee.credited });
  account.loss.add({ at: paidTo, value: paidTo > payee.read ? paidTo - payee.read : 0n });
}

function drawReading(
  of: (payer: string, payee: string, paidClass: number) => AccountLines,
  node: string,
  neighbour: NeighbourLedger,
  event: Extract<LedgerEvent, { readonly class: number }>,
): void {
  const payer = neighbour.outbound[event.class - 1];
  const payee = neighbour.inbound[event.class - 1];
  if (payer === undefined || payee === undefined) return;
  switch (event.type) {
    case "BytesReserved":
    case "SentRead":
    case "PositionLeapt":
      of(node, neighbour.id, event.class).owed.add({
        at: payer.sent,
        value: due(payer.schedule, payer.sent),
      });
      return;
    case "BytesRead": {
      const account = of(neighbour.id, node, event.class);
      const expected = due(payee.schedule, payee.read);
      account.expected.add({ at: payee.read, value: expected });
      const credit = expected - payee.credited;
      account.exposure.add({ at: payee.read, value: credit > 0n ? credit : 0n });
      return;
    }
    case "LeaseAccepted":
    case "LeaseGranted": {
      const [a, b] = event.type === "LeaseAccepted" ? [node, neighbour.id] : [neighbour.id, node];
      const { prices } = of(a, b, event.class);
      const { from, price } = event.lease;
      const last = prices.at(-1);
      if (last !== undefined && (from <= last.at || last.value === price)) return;
      if (prices.length < priceLimit) prices.push({ at: from, value: price });
      return;
    }
    default:
      return;
  }
}

function seriesOf(lines: AccountLines, { hops, journals }: Comparison): AccountSeries {
  const { payer, payee } = lines;
  const hop = hops.find(
    (one) => one.payer === payer && one.payee === payee && one.class === lines.class,
  );
  const paying = accountIn(journals, payer, payee)?.outbound[lines.class - 1];
  const paid = accountIn(journals, payee, payer)?.inbound[lines.class - 1];
  const terms = accountIn(journals, payee, payer)?.terms;
  return {
    payer,
    payee,
    class: lines.class,
    sent: paying?.sent ?? 0n,
    received: paid?.read ?? 0n,
    owed: paying === undefined ? 0n : due(paying.schedule, paying.sent),
    expected: paid === undefined ? 0n : due(paid.schedule, paid.read),
    signed: paying?.signed ?? 0n,
    credited: paid?.credited ?? 0n,
    payments: lines.payments,
    exposureBound: hop?.exposureBound ?? terms?.creditLimit ?? 0n,
    owedAt: lines.owed.points(),
    expectedAt: lines.expected.points(),
    signedAt: lines.signed.points(),
    creditedAt: lines.credited.points(),
    priceFrom: lines.prices,
    lossAt: lines.loss.points(),
    exposureAt: lines.exposure.points(),
  };
}

function accountIn(
  journals: readonly Examination[],
  node: string,
  other: string,
): NeighbourLedger | undefined {
  const journal = journals.find(({ audit }) => audit.ledger.node === node);
  return journal?.audit.ledger.neighbours.find(({ id }) => id === other);
}

function journalFacts(one: Examination, name: (node: string) => string): JournalFacts {
  const notes = readCivilNotes(one.directory);
  const day = (seconds: number | undefined) =>
    seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().slice(0, 10);
  const node = one.audit.ledger.node ?? "";
  return {
    directory: one.directory,
    node,
    name: node === "" ? "?" : name(node),
    verdict: verdictOf(one),
    commits: one.commits,
    events: one.audit.events,
    repaired: one.repaired,
    from: day(notes[0]?.seconds),
    to: day(civilTimeOf(notes, one.commits)),
  };
}

/** Every node that is in any journal: what it paid by its own book, or else by its neighbours'. */
function nodesOf(
  { journals }: Comparison,
  accounts: readonly AccountSeries[],
  name: (node: string) => string,
): readonly NodeFacts[] {
  const known = new Set(journals.map(({ audit }) => audit.ledger.node));
  const ids = new Set<string>();
  for (const { audit } of journals) {
    if (audit.ledger.node !== undefined) ids.add(audit.ledger.node);
    for (const { id } of audit.ledger.neighbours) ids.add(id);
  }
  const most = (a: AccountSeries) => (a.signed > a.credited ? a.signed : a.credited);
  const total = (some: readonly AccountSeries[]) => sum(some.map(most) as never);
  return [...ids].map((node) => ({
    node,
    name: name(node),
    known: known.has(node as never),
    paid: total(accounts.filter((one) => one.payer === node)),
    received: total(accounts.filter((one) => one.payee === node)),
  }));
}

function differencesOf(found: Comparison, name: (node: string) => string): readonly string[] {
  return [
    ...found.journals.flatMap((one) =>
      one.damage === undefined
        ? []
        : [`${one.damage.segment} at byte ${one.damage.offset}: ${one.damage.words}`],
    ),
    ...found.partings.map(
      ({ account, words }) => `${name(account.payer)} to ${name(account.payee)}: ${words}`,
    ),
    ...found.findings.map(
      (one) => `${name(one.node)} to ${name(one.neighbour ?? "")}: ${one.rule}: ${one.words}`,
    ),
    ...found.journals.flatMap((one) =>
      one.audit.findings.map(
        (finding) =>
          `${name(finding.node)}, commit ${finding.sequence ?? "?"}: ${finding.rule}: ${finding.words}`,
      ),
    ),
    ...found.strangers.map((one) => `${one}: its node is no neighbour of any other here`),
  ].slice(0, 200);
}
