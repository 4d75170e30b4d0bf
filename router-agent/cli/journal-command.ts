import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { verifyJournal } from "#adapters/journal/journal-files.ts";
import { toJson } from "#agent/agent/facts.ts";
import { journalAuditor } from "#core/audit/journal-audit.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { exitCodes } from "./exit-code.ts";
import { exportCommand, importCommand, repairCommand, statCommand } from "./journal-copies.ts";
import { journalErrorOf, readEvents } from "./ledger-source.ts";
import { reindexCommand } from "./reindex-command.ts";

/** Exit codes of `journal verify`: agrees, disagrees with the rules, damaged. */
const exits = {
  right: exitCodes.done,
  wrong: exitCodes.wrong,
  damaged: exitCodes.damaged,
} as const;

const verify = Command.make(
  "verify",
  {
    config: configFlag,
    json: jsonFlag,
    journal: Flag.String("journal").pipe(
      Flag.withDescription("Journal directory; without it the configured one"),
      Flag.optional,
    ),
  },
  Effect.fn(function* ({ config: path, json, journal }) {
    const directory = Option.isSome(journal)
      ? journal.value
      : (yield* loadConfig(path)).journal.directory;
    const report = yield* Effect.try({
      try: () => verified(directory),
      catch: journalErrorOf(directory),
    });
    const verdict =
      report.damage.length > 0 ? "damaged" : report.findings.length > 0 ? "wrong" : "right";
    process.exitCode = exits[verdict];
    if (json) return yield* Console.log(toJson({ verdict, ...report }));
    yield* Console.log(
      [
        `${report.segments} segment(s), ${report.commits} commits, ${report.events} events; ${report.repaired} flipped bit(s) put right, ${report.cut} bytes of an unacknowledged commit`,
        ...report.damage.map((one) => `DAMAGED ${one.segment} at ${one.offset}: ${one.words}`),
        ...report.findings.map((one) => `event ${one.event}: ${one.rule}: ${one.words}`),
        verdict === "right"
          ? "every checksum, hash, signature and rule holds"
          : `verdict: ${verdict}`,
      ].join("\n"),
    );
  }),
).pipe(
  Command.withDescription(
    "Check a journal: checksums, chain, signatures, every event decided again (exit 0, 1 wrong, 2 damaged)",
  ),
);

/** Every checksum, then every event up to the first damage, one segment in memory at a time. */
function verified(directory: string) {
  const report = verifyJournal(directory);
  const auditor = journalAuditor();
  try {
    for (const event of readEvents(directory)) auditor.add(event);
  } catch (error) {
    if (report.damage.length === 0) throw error; // else the report says where reading ended
  }
  const { events, findings, found } = auditor.result();
  return { directory, ...report, events, found, findings };
}

/** `journal`: what can be done with a journal. */
export const journalCommand = Command.make("journal").pipe(
  Command.withDescription("Check journals, repair them, take copies and take them back"),
  Command.withSubcommands([
    verify,
    statCommand,
    exportCommand,
    importCommand,
    repairCommand,
    reindexCommand,
  ]),
);
