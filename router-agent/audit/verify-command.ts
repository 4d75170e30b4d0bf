import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { examined, jsonFlag, tellVerdict } from "./audit-command.ts";
import { type Examination, verdictOf } from "./examination.ts";
import { worst } from "./exit-code.ts";
import { plainJson } from "./plain-json.ts";

/** `verify DIR...`: each journal by itself. */
export const verifyCommand = Command.make(
  "verify",
  {
    json: jsonFlag,
    directories: Argument.String("dir").pipe(
      Argument.withDescription("A journal directory"),
      Argument.variadic({ min: 1 }),
    ),
  },
  Effect.fn(function* ({ json, directories }) {
    const all = yield* examined(directories);
    const verdict = worst(all.map(verdictOf));
    yield* tellVerdict(verdict);
    if (json) return yield* Console.log(plainJson({ verdict, journals: all.map(summary) }));
    for (const one of all) yield* Console.log(lines(one).join("\n"));
  }),
).pipe(
  Command.withDescription(
    "Check journals: checksums, chain, signatures, every event decided again by the rules",
  ),
);

function summary(one: Examination) {
  const { audit, ...rest } = one;
  const { ledger, events, findings, found } = audit;
  return { verdict: verdictOf(one), ...rest, node: ledger.node, events, found, findings };
}

function lines(one: Examination): readonly string[] {
  const { audit, damage } = one;
  return [
    `${one.directory}: node ${audit.ledger.node ?? "unnamed"}`,
    `  ${one.segments} segment(s), ${one.commits} commits, ${audit.events} events; ${one.repaired} flipped bit(s) put right, ${one.cut} bytes of an unacknowledged commit`,
    ...(damage === undefined
      ? []
      : [
          `  DAMAGED ${damage.segment} at byte ${damage.offset}: ${damage.words}`,
          one.commits === 0n
            ? "  no commit before it can be read: what was signed comes back from the neighbours' copies"
            : `  commits 1 to ${one.commits} are whole: they can be exported, and what follows comes back from the neighbours' signed copies`,
        ]),
    ...audit.findings.map(
      (finding) =>
        `  commit ${finding.sequence ?? "?"}, event ${finding.event}: ${finding.rule}: ${finding.words}`,
    ),
    ...(audit.found > audit.findings.length
      ? [`  and ${audit.found - audit.findings.length} more`]
      : []),
    `  ${verdictOf(one) === "agree" ? "every checksum, hash, signature and rule holds" : `verdict: ${verdictOf(one)}`}`,
  ];
}
