import { type CanonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { signatureLength } from "#core/identity/signature.ts";
import { journalId, journalIdLimit, unnamedJournal } from "#core/units/journal-id.ts";
import { type Money, moneyLimit } from "#core/units/money.ts";
import { origin, type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { type AccountId, accountFields } from "./account-id.ts";
import { isUnnamed, type Lease } from "./lease.ts";

/** A lease as it stands in messages and events: nine fields by position; six before version 2. */
export function leaseForm(lease: Lease): Field {
  const first = [lease.number, lease.from, lease.to, lease.price, lease.due];
  const later = [lease.settled, lease.payerJournal, lease.payeeJournal];
  return isUnnamed(lease) ? [...first, lease.signature] : [...first, ...later, lease.signature];
}

/** Reads what {@link leaseForm} wrote. @throws Malformed, or RangeError for a price of nothing. */
export function readLease(reader: CanonicalReader): Lease {
  const fields = reader.array(6, 9);
  if (fields !== 6 && fields !== 9) throw new Malformed(`a lease of ${fields} fields`);
  const first = {
    number: reader.integer(positionLimit),
    from: reader.integer(positionLimit) as Position,
    to: reader.integer(positionLimit) as Position,
    price: price(reader.integer(priceLimit)),
    due: reader.integer(moneyLimit) as Money,
  };
  const later = fields === 9 ? readNames(reader) : unnamed;
  return { ...first, ...later, signature: reader.bytes(signatureLength, signatureLength) };
}

const unnamed = { settled: origin, payerJournal: unnamedJournal, payeeJournal: unnamedJournal };

function readNames(reader: CanonicalReader): typeof unnamed {
  return {
    settled: reader.integer(positionLimit) as Position,
    payerJournal: journalId(reader.small(journalIdLimit - 1)),
    payeeJournal: journalId(reader.small(journalIdLimit - 1)),
  };
}

/** A lease as evidence that a third party can check: account, fields and signature (T23). */
export function leaseText(account: AccountId, lease: Lease): Uint8Array {
  return canonical([accountFields(account), leaseForm(lease)]);
}
