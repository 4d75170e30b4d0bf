import type { NumberedEvent } from "#core/audit/book-reader.ts";
import { type Book, partings } from "#core/audit/joint-reading.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money } from "#core/units/money.ts";
import { position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { testSigner } from "../simulator/test-signer.ts";

// A process of `joint-reading.test.ts`, `opposite-books.ts LIMIT`: the leases of two accounts, which one journal has first of the
// one and then of the other, and the other journal the other way round. All of one account wait.

const leasesEach = 150_000;
const [payer, payee] = [testSigner(1).id, testSigner(2).id];

function* leases(type: "LeaseAccepted" | "LeaseGranted", classes: readonly (1 | 2)[]) {
  let sequence = 0n;
  for (const paidClass of classes) {
    for (let i = 1n; i <= leasesEach; i++) {
      sequence += 1n;
      const lease: Lease = {
        number: i,
        from: position(i - 1n),
        to: position(i),
        price: price(5n),
        due: money(5n * i),
        settled: position(0n),
        payerJournal: journalId(1),
        payeeJournal: journalId(2),
        signature: new Uint8Array(65) as Lease["signature"],
      };
      const event = { type, neighbour: 0, class: priceClass(paidClass), lease };
      yield { sequence, event } as NumberedEvent;
    }
  }
}

const books: readonly Book[] = [
  { node: payer, neighbours: [payee], events: () => leases("LeaseAccepted", [1, 2]) },
  { node: payee, neighbours: [payer], events: () => leases("LeaseGranted", [2, 1]) },
];
const accounts = [1, 2].map((paidClass) => ({ payer, payee, class: priceClass(paidClass) }));
console.log(`${partings(accounts, books, Number(process.argv[2])).length} partings`);
