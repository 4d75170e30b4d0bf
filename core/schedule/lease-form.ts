import type { CanonicalReader } from "#core/identity/canonical-reader.ts";
import type { Field } from "#core/identity/canonical-writer.ts";
import { signatureLength } from "#core/identity/signature.ts";
import { journalId, journalIdLimit } from "#core/units/journal-id.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import type { Lease } from "./lease.ts";

/** A lease as it stands in messages and events: nine fields by position. */
export function leaseForm(lease: Lease): Field {
  return [
    lease.number,
    lease.from,
    lease.to,
    lease.price,
    lease.due,
    lease.settled,
    lease.payerJournal,
    lease.payeeJournal,
    lease.signature,
  ];
}

/** Reads what {@link leaseForm} wrote. @throws Malformed, or RangeError for a price of nothing. */
export function readLease(reader: CanonicalReader): Lease {
  reader.array(9, 9);
  return {
    number: reader.integer(positionLimit),
    from: reader.integer(positionLimit) as Position,
    to: reader.integer(positionLimit) as Position,
    price: price(reader.integer(priceLimit)),
    due: reader.integer(moneyLimit) as Money,
    settled: reader.integer(positionLimit) as Position,
    payerJournal: journalId(reader.small(journalIdLimit - 1)),
    payeeJournal: journalId(reader.small(journalIdLimit - 1)),
    signature: reader.bytes(signatureLength, signatureLength),
  };
}
