import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Effect from "effect/Effect";
import { asJournalError, jsonFlag, tellVerdict } from "./audit-command.ts";
import { balancesText } from "./balances.ts";

/** `balances DIR...`: what every account comes to, quickly. */
export const balancesCommand = Command.make(
  "balances",
  {
    json: jsonFlag,
    directories: Argument.String("dir").pipe(
      Argument.withDescription("A journal directory"),
      Argument.variadic({ min: 1 }),
    ),
  },
  Effect.fn(function* ({ json, directories }) {
    const { text, damaged } = yield* Effect.try({
      try: () => balancesText(directories, json),
      catch: asJournalError,
    });
    yield* tellVerdict(damaged ? "damaged" : "agree");
    yield* Console.log(text);
  }),
).pipe(
  Command.withDescription(
    "What every account comes to, in the shortest time: checksums, hashes, chain and exact sums; deciding every event again is what verify does",
  ),
);
