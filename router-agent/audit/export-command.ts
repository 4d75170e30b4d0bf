import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { readCivilNotes } from "#adapters/journal/civil-notes.ts";
import { asJournalError, tellDamage } from "./audit-command.ts";
import { type BookForm, bookForms, bookLines, type Commodity } from "./bookkeeping.ts";
import { commodityFlags, commodityOf } from "./commodity.ts";
import { eventsOf } from "./examination.ts";
import { transactionsOf } from "./transaction.ts";

const form = (name: BookForm, about: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(about), Flag.withDefault(false));

/** `export DIR --hledger|--beancount|--csv|--json`: the payments, for other programs. */
export const exportCommand = Command.make(
  "export",
  {
    hledger: form("hledger", "For hledger and ledger"),
    beancount: form("beancount", "For beancount"),
    csv: form("csv", "For spreadsheets"),
    json: form("json", "One JSON object a line"),
    ...commodityFlags,
    directory: Argument.String("dir"),
  },
  Effect.fn(function* ({ commodity, places, directory, ...asked }) {
    const forms = bookForms.filter((one) => asked[one]);
    const [chosen] = forms;
    if (chosen === undefined || forms.length > 1) {
      return yield* Effect.fail(asJournalError("choose one of --hledger --beancount --csv --json"));
    }
    const money = yield* Effect.try({
      try: () => commodityOf(commodity, places),
      catch: asJournalError,
    });
    yield* Effect.tryPromise({
      try: () => print(chosen, directory, money),
      catch: asJournalError,
    });
  }),
).pipe(Command.withDescription("Write the payments for hledger, beancount or a spreadsheet"));

/** Writes as fast as the reader reads, and holds no more than a line. */
async function print(chosen: BookForm, directory: string, commodity: Commodity): Promise<void> {
  let node = "";
  for (const { event } of eventsOf(directory)) {
    if (event.type === "NodeOpened") node = event.node;
    break;
  }
  const payments = transactionsOf(eventsOf(directory, tellDamage));
  const notes = readCivilNotes(directory);
  for (const line of bookLines(chosen, node, payments, notes, commodity)) {
    if (process.stdout.write(`${line}\n`)) continue;
    await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}
