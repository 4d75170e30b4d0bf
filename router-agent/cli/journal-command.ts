import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { examine, verdictOf } from "#agent/audit/examination.ts";
import { examinationJson, examinationLines } from "#agent/audit/examination-text.ts";
import { exitCodes } from "#agent/audit/exit-code.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { exportCommand, importCommand, repairCommand, statCommand } from "./journal-copies.ts";
import { journalErrorOf } from "./ledger-source.ts";
import { reindexCommand } from "./reindex-command.ts";

/** `journal verify`: what an auditor says of this journal, by the same code. */
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
    const one = yield* Effect.try({
      try: () => examine(directory),
      catch: journalErrorOf(directory),
    });
    process.exitCode = exitCodes[verdictOf(one)];
    yield* Console.log(json ? examinationJson([one]) : examinationLines(one).join("\n"));
  }),
).pipe(
  Command.withDescription(
    "Check a journal: checksums, chain, signatures, every event decided again (exit 0, 1 wrong, 2 damaged)",
  ),
);

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
