import { readPayee, readPayer } from "#core/account/account-reader.ts";
import { readList, readOptional } from "#core/identity/canonical-list.ts";
import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { readHead, readNode, readOptionalJournal } from "./event-reader.ts";
import { type Ledger, type NeighbourLedger, neighbourLimit } from "./ledger.ts";
import { encodeLedger, ledgerFormat } from "./ledger-form.ts";

/**
 * Reads what {@link encodeLedger} wrote, and nothing else. @throws Malformed or RangeError
 */
export function decodeLedger(bytes: Uint8Array): Ledger {
  const reader = canonicalReader(bytes);
  reader.array(2, 2);
  const format = reader.small(255);
  if (format !== ledgerFormat) {
    throw new Malformed(`a ledger of format ${format}, known is ${ledgerFormat}`);
  }
  reader.array(4, 4);
  const ledger: Ledger = {
    node: readOptional(reader, readNode),
    journal: readOptionalJournal(reader),
    run: reader.integer(positionLimit),
    neighbours: readList(reader, neighbourLimit, readNeighbour),
  };
  reader.end();
  if (!sameBytes(encodeLedger(ledger), bytes)) throw new Malformed("a form nobody writes");
  return ledger;
}

function readNeighbour(reader: CanonicalReader): NeighbourLedger {
  reader.array(3, 3);
  const { classes, ...head } = readHead(reader);
  const outbound = readList(reader, priceClassLimit, readPayer);
  const inbound = readList(reader, priceClassLimit, readPayee);
  if (outbound.length !== classes) throw new Malformed(`${outbound.length} classes of ${classes}`);
  return { ...head, outbound, inbound };
}
