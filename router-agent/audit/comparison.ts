import type { Evidence } from "#core/audit/evidence.ts";
import type { Finding } from "#core/audit/finding.ts";
import { type Book, partings as firstPartings } from "#core/audit/joint-reading.ts";
import { compareJournals, type HopAudit } from "#core/audit/network-audit.ts";
import type { Parting } from "#core/audit/parting.ts";
import { type Examination, eventsOf, type Verdict, verdictOf } from "./examination.ts";
import { worst } from "./exit-code.ts";
import { evidenceOf } from "./proven-fraud.ts";

/** What came of holding journals against each other. */
export interface Comparison {
  readonly verdict: Verdict;
  readonly journals: readonly Examination[];
  readonly hops: readonly HopAudit[];
  /** What does not fit between two journals at their ends. */
  readonly findings: readonly Finding[];
  /** The first place, for each account, where its two books part. */
  readonly partings: readonly Parting[];
  /** Everything that can be proven to a stranger. */
  readonly evidence: readonly Evidence[];
  /** Journals that have no neighbour among the others: of another network, or too few were given. */
  readonly strangers: readonly string[];
}

/** Holds the journals of neighbours against each other: at their ends, and step by step. */
export function compare(journals: readonly Examination[]): Comparison {
  for (const [i, { directory, audit }] of journals.entries()) {
    const twin = journals.findIndex((other) => other.audit.ledger.node === audit.ledger.node);
    if (twin === i || audit.ledger.node === undefined) continue;
    const other = journals[twin]?.directory ?? "";
    throw new RangeError(`${directory} and ${other}: the journal of one node twice`);
  }
  const audits = journals.map((one) => one.audit);
  const { hops, findings } = compareJournals(audits);
  const accounts = hops.map(({ payer, payee, class: paidClass }) => ({
    payer,
    payee,
    class: paidClass,
  }));
  const partings = firstPartings(accounts, journals.flatMap(bookOf));
  const strangers = journals
    .filter(({ audit: { ledger } }) => {
      if (journals.length === 1) return false;
      return !hops.some(({ payer, payee }) => payer === ledger.node || payee === ledger.node);
    })
    .map((one) => one.directory);
  const proven = journals.flatMap((one) => one.frauds.map(evidenceOf));
  const evidence = [...partings.map((one) => one.evidence), ...proven];
  const wrong = findings.length + partings.length + strangers.length + proven.length > 0;
  const verdict = worst([...journals.map(verdictOf), wrong ? "disagree" : "agree"]);
  return { verdict, journals, hops, findings, partings, evidence, strangers };
}

function bookOf({ directory, audit: { ledger } }: Examination): readonly Book[] {
  if (ledger.node === undefined) return [];
  const neighbours = ledger.neighbours.map(({ id }) => id);
  return [{ node: ledger.node, neighbours, events: () => eventsOf(directory) }];
}
