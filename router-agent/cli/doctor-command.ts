import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { toJson } from "#agent/agent/facts.ts";
import { type Diagnosis, wrong } from "#agent/doctor/diagnosis.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { exitCodes } from "./exit-code.ts";

/** `doctor`: the state in words, what is wrong and what to do. Needs no running agent. */
export const doctorCommand = Command.make(
  "doctor",
  { config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ config: path, json }) {
    // Only here: no other command needs any of it.
    const { examined } = yield* Effect.promise(() => import("#agent/doctor/examination.ts"));
    const read = yield* Effect.result(loadConfig(path));
    const diagnoses =
      read._tag === "Failure"
        ? [wrong("configuration", read.failure.message, "put it right, then ask again")]
        : yield* examined(read.success);
    const bad = diagnoses.filter(({ verdict }) => verdict === "wrong").length;
    yield* Console.log(json ? toJson({ healthy: bad === 0, diagnoses }) : linesOf(diagnoses, bad));
    if (bad > 0) process.exitCode = exitCodes.wrong;
  }),
).pipe(
  Command.withDescription("Say what is wrong, if anything, and what to do; 1 if something is"),
);

const marks = { fine: "ok    ", notice: "notice", wrong: "WRONG " } as const;

function linesOf(diagnoses: readonly Diagnosis[], bad: number): string {
  const lines = diagnoses.flatMap(({ verdict, subject, words, advice }) => [
    `${marks[verdict]}  ${subject}: ${words}`,
    ...(advice === undefined ? [] : [`        -> ${advice}`]),
  ]);
  const verdict = bad === 0 ? "nothing is wrong" : `${bad} thing(s) are wrong`;
  return [...lines, verdict].join("\n");
}
