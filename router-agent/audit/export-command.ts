import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import { readCivilNotes } from "#adapters/journal/civil-notes.ts";
import { asJournalError, tellDamage } from "./audit-command.ts";
import { type BookForm, bookForms, bookLines } from "./bookkeeping.ts";
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
    commodity: Flag.String("commodity").pipe(
      Flag.withDescription("What money is called: letters, the first ones capital"),
      Flag.withDefault("GRAIN"),
    ),
    places: Flag.Int("places").pipe(
      Flag.withDescription(
        "Decimal places from a grain to that: 18 for USDC with 10^12 grains a unit",
      ),
      Flag.withDefault(0),
    ),
    directory: Argument.String("dir"),
  },
  Effect.fn(function* ({ commodity, places, directory, ...asked }) {
    const forms = bookForms.filter((one) => asked[one]);
    const [chosen] = forms;
    if (chosen === undefined || forms.length > 1) {
      return yield* Effect.fail(asJournalError("choose one of --hledger --beancount --csv --json"));
    }
    if (!/^[A-Z][A-Z]{0,11}$/.test(commodity) || places < 0 || places > 40) {
      const words = "--commodity is 1 to 12 capital letters, --places 0 to 40";
      return yield* Effect.fail(asJournalError(words));
    }
    yield* Effect.tryPromise({
      try: () => print(chosen, directory, { name: commodity, places }),
      catch: asJournalError,
    });
  }),
).pipe(Command.withDescription("Write the payments for hledger, beancount or a spreadsheet"));

/** Writes as fast as the reader reads, and holds no more than a line. */
async function print(
  chosen: BookForm,
  directory: string,
  commodity: { readonly name: string; readonly places: number },
): Promise<void> {
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
