import type { Evidence } from "#core/audit/evidence.ts";
import type { Finding } from "#core/audit/finding.ts";
import { compareJournals, type HopAudit } from "#core/audit/network-audit.ts";
import { firstParting, type LinkBook, type Parting } from "#core/audit/parting.ts";
import { type Examination, eventsOf, type Verdict, verdictOf } from "./examination.ts";
import { worst } from "./exit-code.ts";
import { evidenceOfFrauds } from "./proven-fraud.ts";

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
  const partings = hops.flatMap((hop) => partingOf(journals, hop) ?? []);
  const strangers = journals
    .filter(({ audit: { ledger } }) => {
      if (journals.length === 1) return false;
      return !hops.some(({ payer, payee }) => payer === ledger.node || payee === ledger.node);
    })
    .map((one) => one.directory);
  const proven = journals.flatMap((one) => evidenceOfFrauds(eventsOf(one.directory)));
  const evidence = [...partings.map((one) => one.evidence), ...proven];
  const wrong = findings.length + partings.length + strangers.length + proven.length > 0;
  const verdict = worst([...journals.map(verdictOf), wrong ? "disagree" : "agree"]);
  return { verdict, journals, hops, findings, partings, evidence, strangers };
}

function partingOf(journals: readonly Examination[], hop: HopAudit): Parting | undefined {
  const payer = bookOf(journals, hop.payer, hop.payee);
  const payee = bookOf(journals, hop.payee, hop.payer);
  if (payer === undefined || payee === undefined) return undefined;
  const account = { payer: hop.payer, payee: hop.payee, class: hop.class };
  return firstParting(account, payer, payee);
}

function bookOf(
  journals: readonly Examination[],
  node: string,
  other: string,
): LinkBook | undefined {
  const journal = journals.find(({ audit }) => audit.ledger.node === node);
  const neighbour = journal?.audit.ledger.neighbours.findIndex(({ id }) => id === other) ?? -1;
  if (journal === undefined || neighbour < 0) return undefined;
  return { events: () => eventsOf(journal.directory), neighbour };
}
