import { eventsOf } from "#agent/audit/examination.ts";
import { partings, waitingLimit } from "#core/audit/joint-reading.ts";
import { emptyLedger, evolve } from "#core/journal/ledger.ts";
import type { PriceClass } from "#core/units/price-class.ts";

// One process of `bench -- compare`: `comparison-cost.ts together|apart DIR...`. It holds journals
// against each other, and prints what that took.

/** What a comparison came to. */
export interface ComparisonCost {
  readonly accounts: number;
  readonly events: number;
  readonly readings: number;
  readonly milliseconds: number;
}

const [how, ...directories] = process.argv.slice(2);
let readings = 0;
let events = 0;
const books = directories.flatMap((directory) => {
  let ledger = emptyLedger;
  for (const { event } of eventsOf(directory)) {
    ledger = evolve(ledger, event);
    events += 1;
  }
  if (ledger.node === undefined) return [];
  const read = () => {
    readings += 1;
    return eventsOf(directory);
  };
  return [{ node: ledger.node, neighbours: ledger.neighbours, events: read }];
});
const accounts = books.flatMap(({ node, neighbours }) =>
  neighbours.flatMap(({ id, outbound }) =>
    outbound.map((_, i) => ({ payer: node, payee: id, class: (i + 1) as PriceClass })),
  ),
);
const began = process.hrtime.bigint();
const found = partings(
  accounts,
  books.map((book) => ({ ...book, neighbours: book.neighbours.map(({ id }) => id) })),
  how === "apart" ? 0 : waitingLimit,
);
if (found.length > 0) throw new Error(`the books part: ${found[0]?.words}`);
const milliseconds = Math.round(Number(process.hrtime.bigint() - began) / 1e6);
const cost: ComparisonCost = { accounts: accounts.length, events, readings, milliseconds };
console.log(JSON.stringify(cost));
