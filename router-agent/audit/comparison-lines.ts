import { judge } from "#core/audit/evidence.ts";
import type { HopAudit } from "#core/audit/network-audit.ts";
import { signedBy } from "#core/identity/signature.ts";
import type { Comparison } from "./comparison.ts";
import { type Examination, verdictOf } from "./examination.ts";
import { rolledUpLines } from "./examination-text.ts";

/** A comparison for people: a line a journal, a table of accounts, and what does not fit. */
export function comparisonLines(found: Comparison): readonly string[] {
  const name = namer(found.journals);
  return [
    ...found.journals.flatMap((one) => [journalLine(one, name), ...rolledUpLines(one)]),
    "",
    ...table(found.hops, name),
    "",
    ...found.journals.flatMap((one) =>
      one.audit.findings.map(
        (finding) =>
          `${name(finding.node)}: commit ${finding.sequence ?? "?"}: ${finding.rule}: ${finding.words}`,
      ),
    ),
    ...found.findings.map(
      (one) => `${name(one.node)} -> ${name(one.neighbour ?? "")}: ${one.rule}: ${one.words}`,
    ),
    ...found.partings.map(
      ({ account, payerSequence, payeeSequence, words }) =>
        `${name(account.payer)} -> ${name(account.payee)} class ${account.class}: books part at ${at("payer", payerSequence)}, ${at("payee", payeeSequence)}: ${words}`,
    ),
    ...found.evidence.map((one) => {
      const { proven, words } = judge(one, signedBy);
      return `${proven ? "proven" : "NOT proven"}: ${one.kind}: ${words}`;
    }),
    ...found.strangers.map(
      (directory) => `${directory}: its node is no neighbour of any other here; another network?`,
    ),
    { agree: "the books agree", disagree: "the books do not agree", damaged: "damaged" }[
      found.verdict
    ],
  ];
}

function at(side: string, sequence: bigint | undefined): string {
  return sequence === undefined
    ? `nothing of the ${side}'s`
    : `commit ${sequence} of the ${side}'s`;
}

function journalLine(one: Examination, name: (node: string) => string): string {
  const verdict = verdictOf(one);
  const damage = one.damage === undefined ? "" : `: ${one.damage.segment}: ${one.damage.words}`;
  const flips = one.repaired === 0 ? "" : `, ${one.repaired} flipped bit(s) put right`;
  return `${name(one.audit.ledger.node ?? "")}  ${one.directory}: ${one.commits} commits, ${one.audit.events} events${flips}: ${verdict}${damage}`;
}

const columns: readonly (readonly [string, (hop: HopAudit) => string])[] = [
  ["sent", (hop) => `${hop.sent}`],
  ["received", (hop) => `${hop.received}`],
  ["owed", (hop) => `${hop.owed}`],
  ["expected", (hop) => `${hop.expected}`],
  ["signed", (hop) => `${hop.signed}`],
  ["credited", (hop) => `${hop.credited}`],
];

/** Bytes, and money in grains, right-aligned. */
function table(hops: readonly HopAudit[], name: (node: string) => string): readonly string[] {
  const rows = [
    ["account", ...columns.map(([title]) => title)],
    ...hops.map((hop) => [
      `${name(hop.payer)} -> ${name(hop.payee)} /${hop.class}`,
      ...columns.map(([, of]) => of(hop)),
    ]),
  ];
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  "),
  );
}

/** As few digits of a node's id as tell it from the others, at least four. */
export function namer(journals: readonly Examination[]): (node: string) => string {
  const ids = journals.flatMap(({ audit: { ledger } }) => [
    ledger.node ?? "",
    ...ledger.neighbours.map(({ id }) => id),
  ]);
  const different = [...new Set(ids.map((id) => id.slice(2)))];
  let length = 4;
  while (length < 64 && new Set(different.map((id) => id.slice(0, length))).size < different.length)
    length += 2;
  return (node) => node.slice(2, 2 + length);
}
