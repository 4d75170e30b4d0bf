import {
  type CanonicalReader,
  canonicalReader,
  Malformed,
} from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { neighbourLimit } from "#core/journal/ledger.ts";
import { type JournalId, journalIdLimit } from "#core/units/journal-id.ts";
import { moneyLimit } from "#core/units/money.ts";
import { nodeId } from "#core/units/node-id.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { secondsLimit } from "./history-row.ts";
import { ordinalLimit } from "./row-form.ts";
import type { AccountTally, NeighbourTally, Tally } from "./tally.ts";

/** The format of an index. One of another format is made anew: it is a cache. */
const indexFormat = 1;

/** A tally as canonical bytes. */
export function tallyBytes(tally: Tally): Uint8Array {
  return canonical([
    indexFormat,
    tally.node === undefined ? [] : [fromHex(tally.node)],
    tally.journal ?? 0,
    tally.sequence,
    tally.check,
    tally.seconds,
    tally.neighbours.map(neighbourFields),
  ]);
}

function neighbourFields({ id, first, next, outbound, inbound }: NeighbourTally): Field {
  return [fromHex(id), first, next, outbound.map(accountFields), inbound.map(accountFields)];
}

function accountFields(account: AccountTally): Field {
  const { position, reserved, settled, fromPosition, fromSettled, sequence, seconds } = account;
  return [position, reserved, settled, fromPosition, fromSettled, sequence, seconds];
}

/** The tally that bytes stand for. @throws Malformed or RangeError for any other bytes. */
export function readTally(bytes: Uint8Array): Tally {
  const reader = canonicalReader(bytes);
  reader.array(7, 7);
  const format = reader.small(255);
  if (format !== indexFormat) throw new Malformed(`an index of format ${format}`);
  const named = reader.array(0, 1) === 1;
  const node = named ? nodeId(toHex(reader.bytes(33, 33))) : undefined;
  const journal = reader.small(journalIdLimit - 1);
  const tally = {
    node,
    journal: journal === 0 ? undefined : (journal as JournalId),
    sequence: reader.integer(positionLimit),
    check: reader.small(0xffff_ffff),
    seconds: reader.small(secondsLimit),
    neighbours: list(reader, neighbourLimit, readNeighbour),
  };
  reader.end();
  return tally;
}

function readNeighbour(reader: CanonicalReader): NeighbourTally {
  reader.array(5, 5);
  return {
    id: nodeId(toHex(reader.bytes(33, 33))),
    first: reader.small(ordinalLimit),
    next: reader.small(ordinalLimit),
    outbound: list(reader, priceClassLimit, readAccount),
    inbound: list(reader, priceClassLimit, readAccount),
  };
}

function readAccount(reader: CanonicalReader): AccountTally {
  reader.array(7, 7);
  return {
    position: reader.integer(positionLimit),
    reserved: reader.integer(positionLimit),
    settled: reader.integer(moneyLimit),
    fromPosition: reader.integer(positionLimit),
    fromSettled: reader.integer(moneyLimit),
    sequence: reader.integer(positionLimit),
    seconds: reader.small(secondsLimit),
  };
}

function list<A>(
  reader: CanonicalReader,
  limit: number,
  item: (reader: CanonicalReader) => A,
): A[] {
  const count = reader.array(0, limit);
  return Array.from({ length: count }, () => item(reader));
}
