import { open } from "node:fs/promises";
import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { asJournalError, examined, tellVerdict } from "./audit-command.ts";
import { commodityFlags, commodityOf } from "./commodity.ts";
import { compare } from "./comparison.ts";
import { renderReport } from "./report/page.ts";
import { survey } from "./survey.ts";

/** `report DIR... --html FILE`: one page with pictures. */
export const reportCommand = Command.make(
  "report",
  {
    html: Flag.String("html").pipe(Flag.withDescription("The page to write")),
    ...commodityFlags,
    directories: Argument.String("dir").pipe(
      Argument.withDescription("Journal directories, of one node or of many"),
      Argument.variadic({ min: 1 }),
    ),
  },
  Effect.fn(function* ({ html, commodity, places, directories }) {
    const money = yield* Effect.try({
      try: () => commodityOf(commodity, places),
      catch: asJournalError,
    });
    const journals = yield* examined(directories);
    const facts = yield* Effect.try({
      try: () => survey(compare(journals), money),
      catch: asJournalError,
    });
    yield* Effect.tryPromise({
      try: () => write(html, renderReport(facts)),
      catch: asJournalError,
    });
    yield* tellVerdict(facts.verdict);
    yield* Console.log(`${html}: ${facts.nodes.length} nodes, ${facts.accounts.length} accounts`);
  }),
).pipe(
  Command.withDescription("Draw journals as one page: money, bytes, prices, and a payment map"),
);

async function write(path: string, parts: Iterable<string>): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for (const part of parts) await file.write(part);
  } finally {
    await file.close();
  }
}
