import { type Examination, verdictOf } from "./examination.ts";
import { worst } from "./exit-code.ts";
import { plainJson } from "./plain-json.ts";

/** Examinations as one JSON document: what `verify --json` prints, of the agent and of the audit. */
export function examinationJson(all: readonly Examination[]): string {
  return plainJson({ verdict: worst(all.map(verdictOf)), journals: all.map(summary) });
}

/** An examination without the ledger and without texts, which are long. */
function summary(one: Examination) {
  const { audit, frauds, ...rest } = one;
  const { ledger, events, findings, found } = audit;
  return {
    verdict: verdictOf(one),
    ...rest,
    node: ledger.node,
    events,
    found,
    findings,
    frauds: frauds.length,
  };
}

/** An examination for people. */
export function examinationLines(one: Examination): readonly string[] {
  const { audit, damage } = one;
  return [
    `${one.directory}: node ${audit.ledger.node ?? "unnamed"}`,
    ...rolledUpLines(one),
    `  ${one.segments} segment(s), ${one.commits} commits, ${audit.events} events; ${one.repaired} flipped bit(s) put right, ${one.cut} bytes of an unacknowledged commit`,
    ...(damage === undefined
      ? []
      : [
          `  DAMAGED ${damage.segment} at byte ${damage.offset}: ${damage.words}`,
          one.commits === 0n
            ? "  no commit before it can be read: what was signed comes back from the neighbours' copies"
            : `  commits ${firstOf(one)} to ${firstOf(one) + one.commits - 1n} are whole: they can be exported, and what follows comes back from the neighbours' signed copies`,
        ]),
    ...audit.findings.map(
      (finding) =>
        `  commit ${finding.sequence ?? "?"}, event ${finding.event}: ${finding.rule}: ${finding.words}`,
    ),
    ...(audit.found > audit.findings.length
      ? [`  and ${audit.found - audit.findings.length} more`]
      : []),
    `  ${verdictOf(one) === "agree" ? `every checksum, hash, signature and rule holds${decidedFrom(one)}` : `verdict: ${verdictOf(one)}`}`,
  ];
}

/** The oldest commit that the journal still has. */
function firstOf({ rolledUp }: Examination): bigint {
  return (rolledUp?.to ?? 0n) + 1n;
}

function decidedFrom({ rolledUp }: Examination): string {
  return rolledUp === undefined ? "" : `, from commit ${rolledUp.to + 1n} on`;
}

/** Which span was not decided again, and why. */
export function rolledUpLines({ rolledUp }: Examination): readonly string[] {
  if (rolledUp === undefined) return [];
  const { to, restating, unread } = rolledUp;
  const kept = `commits ${to + 1n} to ${to + BigInt(restating)}`;
  return [
    `  commits 1 to ${to} were rolled up when the journal began anew and are not decided again; of ${kept}, which say what they came to, the signatures hold or are named below`,
    ...(unread === 0
      ? []
      : [`  ${unread} older segment(s) lie here, not read: what goes before them is missing`]),
  ];
}
