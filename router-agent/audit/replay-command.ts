import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { expected } from "#core/account/payee-account.ts";
import { owed } from "#core/account/payer-account.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { asJournalError, jsonFlag, tellDamage } from "./audit-command.ts";
import { ledgerAt } from "./examination.ts";
import { plainJson } from "./plain-json.ts";

/** `replay DIR --at SEQ`: the books as they were. */
export const replayCommand = Command.make(
  "replay",
  {
    json: jsonFlag,
    at: Flag.String("at").pipe(
      Flag.withDescription("The last commit that counts; without it all of them"),
      Flag.optional,
    ),
    directory: Argument.String("dir"),
  },
  Effect.fn(function* ({ json, at, directory }) {
    const last = Option.getOrUndefined(at);
    if (last !== undefined && !/^[0-9]{1,12}$/.test(last)) {
      return yield* Effect.fail(asJournalError(`--at ${last}: the number of a commit, from 1 on`));
    }
    const until = last === undefined ? 1n << 62n : BigInt(last);
    const found = yield* Effect.try({
      try: () => ledgerAt(directory, until, tellDamage),
      catch: asJournalError,
    });
    if (json) return yield* Console.log(plainJson({ directory, ...found }));
    yield* Console.log(`${directory} after commit ${found.sequence}`);
    yield* Console.log(accountLines(found.ledger).join("\n"));
  }),
).pipe(Command.withDescription("Show the books as they were after a commit"));

function accountLines(ledger: Ledger): readonly string[] {
  const lines = ledger.neighbours.flatMap((neighbour) => [
    `neighbour ${neighbour.id}`,
    ...neighbour.outbound.map(
      (account, i) =>
        `  we pay, class ${i + 1}: sent ${account.sent}, reserved ${account.reserved}, leased ${account.schedule.end}; owed ${owed(account, account.sent)}, signed ${account.signed}`,
    ),
    ...neighbour.inbound.map(
      (account, i) =>
        `  we are paid, class ${i + 1}: received ${account.read}, leased ${account.schedule.end}; expected ${expected(account, account.read)}, credited ${account.credited}`,
    ),
  ]);
  return lines.length === 0 ? ["no neighbour yet"] : lines;
}
