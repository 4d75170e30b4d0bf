import { writeFile } from "node:fs/promises";
import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { asJournalError, examined, jsonFlag, tellVerdict } from "./audit-command.ts";
import { type Comparison, compare } from "./comparison.ts";
import { comparisonLines } from "./comparison-lines.ts";
import { evidenceText } from "./evidence-file.ts";
import { verdictOf } from "./examination.ts";
import { plainJson } from "./plain-json.ts";

/** `compare DIR DIR...`: journals of neighbours against each other. */
export const compareCommand = Command.make(
  "compare",
  {
    json: jsonFlag,
    evidence: Flag.String("evidence").pipe(
      Flag.withDescription("Write what can be proven to a stranger into this file"),
      Flag.optional,
    ),
    directories: Argument.String("dir").pipe(
      Argument.withDescription("Journal directories of neighbours, two or more"),
      Argument.variadic({ min: 2 }),
    ),
  },
  Effect.fn(function* ({ json, evidence, directories }) {
    const journals = yield* examined(directories);
    const found = yield* Effect.try({ try: () => compare(journals), catch: asJournalError });
    yield* tellVerdict(found.verdict);
    if (Option.isSome(evidence)) {
      yield* Effect.tryPromise({
        try: () => writeFile(evidence.value, evidenceText(found.evidence), { mode: 0o600 }),
        catch: asJournalError,
      });
    }
    if (json) return yield* Console.log(plainJson(summary(found)));
    yield* Console.log(comparisonLines(found).join("\n"));
    if (Option.isSome(evidence)) {
      const pieces = found.evidence.length;
      yield* Console.log(`${pieces} piece(s) of evidence written to ${evidence.value}`);
    }
  }),
).pipe(
  Command.withDescription(
    "Hold the journals of neighbours against each other: where books part, and who can prove what",
  ),
);

function summary({ journals, ...rest }: Comparison) {
  return {
    ...rest,
    journals: journals.map((one) => ({
      directory: one.directory,
      node: one.audit.ledger.node,
      verdict: verdictOf(one),
      commits: one.commits,
      events: one.audit.events,
      repaired: one.repaired,
      damage: one.damage,
      rolledUp: one.rolledUp,
      findings: one.audit.findings,
    })),
  };
}
