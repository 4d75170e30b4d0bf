import { readFile } from "node:fs/promises";
import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { judge } from "#core/audit/evidence.ts";
import { signedBy } from "#core/identity/signature.ts";
import { asJournalError, jsonFlag, tellVerdict } from "./audit-command.ts";
import { readEvidence } from "./evidence-file.ts";
import { plainJson } from "./plain-json.ts";

/** `evidence FILE`: what it proves, by its signatures alone. */
export const evidenceCommand = Command.make(
  "evidence",
  { json: jsonFlag, file: Argument.String("file") },
  Effect.fn(function* ({ json, file }) {
    const all = yield* Effect.tryPromise({
      try: async () => readEvidence(await readFile(file, "utf8")),
      catch: asJournalError,
    });
    const judged = all.map((one) => ({
      kind: one.kind,
      signer: one.signer,
      ...judge(one, signedBy),
    }));
    yield* tellVerdict(judged.every((one) => one.proven) ? "agree" : "disagree");
    if (json) return yield* Console.log(plainJson(judged));
    if (judged.length === 0) return yield* Console.log("there is no evidence in this file");
    for (const { proven, kind, words } of judged) {
      yield* Console.log(`${proven ? "proven" : "NOT proven"}: ${kind}: ${words}`);
    }
  }),
).pipe(
  Command.withDescription(
    "Check a file of evidence: needs no journal (exit 0 only if all is proven)",
  ),
);
