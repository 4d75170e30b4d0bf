import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { examined, jsonFlag, tellVerdict } from "./audit-command.ts";
import { verdictOf } from "./examination.ts";
import { examinationJson, examinationLines } from "./examination-text.ts";
import { worst } from "./exit-code.ts";

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
    yield* tellVerdict(worst(all.map(verdictOf)));
    if (json) return yield* Console.log(examinationJson(all));
    for (const one of all) yield* Console.log(examinationLines(one).join("\n"));
  }),
).pipe(
  Command.withDescription(
    "Check journals: checksums, chain, signatures, every event decided again by the rules",
  ),
);
