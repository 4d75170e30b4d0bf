import { canonicalReader, Malformed } from "#core/identity/canonical-reader.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { moneyLimit } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { type HistoryPlace, type HistoryRow, notices, secondsLimit } from "./history-row.ts";

/** Every key has so many bytes, so that their order as bytes is their order as numbers. */
export const keySize = 12;

/** One more than the largest number of a row: five bytes of the key. */
export const ordinalLimit = 2 ** 40;

/** The first byte of a key says what lies there. */
export const tags = { row: 0x72, state: 0x73 } as const;

/** Where a row lies: all rows of a neighbour in a row, by hour, then by number. */
export interface RowKey {
  readonly neighbour: number;
  readonly hour: number;
  /** Rows of a neighbour are numbered without a gap: one that is missing is noticed. */
  readonly ordinal: number;
}

/** A key: tag, neighbour, hour, ordinal, all big-endian. */
export function keyBytes(tag: number, { neighbour, hour, ordinal }: RowKey): Uint8Array {
  const key = new Uint8Array(keySize);
  const view = new DataView(key.buffer);
  key[0] = tag;
  view.setUint16(1, neighbour);
  view.setUint32(3, Math.min(hour, 0xffff_ffff));
  view.setUint8(7, Math.floor(ordinal / 2 ** 32));
  view.setUint32(8, ordinal % 2 ** 32);
  return key;
}

/** The key of an index's state. */
export const stateKey = keyBytes(tags.state, { neighbour: 0, hour: 0, ordinal: 0 });

/** Everything of one kind. */
export function allKeys(tag: number): { readonly from: Uint8Array; readonly to: Uint8Array } {
  const lowest = { neighbour: 0, hour: 0, ordinal: 0 };
  return { from: keyBytes(tag, lowest), to: keyBytes(tag + 1, lowest) };
}

/** What a key says. @throws Malformed where it has another length. */
export function readKey(key: Uint8Array): RowKey {
  if (key.length !== keySize) throw new Malformed(`a key of ${key.length} bytes`);
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  return {
    neighbour: view.getUint16(1),
    hour: view.getUint32(3),
    ordinal: view.getUint8(7) * 2 ** 32 + view.getUint32(8),
  };
}

const directions = ["we pay", "we are paid", "both"] as const;
const kinds = ["usage", "payment", "lease", "notice"] as const;

/** A row as canonical bytes, without its checksum. */
export function rowBytes(row: HistoryRow): Uint8Array {
  const head = [
    kinds.indexOf(row.kind),
    row.sequence,
    row.seconds,
    row.class * directions.length + directions.indexOf(row.direction),
  ];
  return canonical([...head, ...fieldsOf(row)]);
}

function fieldsOf(row: HistoryRow): readonly Field[] {
  switch (row.kind) {
    case "usage":
      return [row.fromPosition, row.toPosition, row.fromSettled, row.toSettled];
    case "payment":
      return [row.amount, row.total];
    case "lease":
      return [row.number, row.from, row.to, row.price];
    case "notice":
      return [notices.findIndex(([words]) => words === row.notice), row.value];
  }
}

/** The row that bytes stand for. @throws Malformed for bytes that {@link rowBytes} does not make. */
export function readRow(bytes: Uint8Array): HistoryRow {
  const reader = canonicalReader(bytes);
  const items = reader.array(6, 8);
  const kind = kinds[reader.small(kinds.length - 1)];
  const sequence = reader.integer(positionLimit);
  const seconds = reader.small(secondsLimit);
  const account = reader.small(priceClassLimit * directions.length + directions.length - 1);
  const place: HistoryPlace = {
    sequence,
    seconds,
    direction: directions[account % directions.length] ?? "both",
    class: Math.floor(account / directions.length),
  };
  const needed = kind === "usage" || kind === "lease" ? 8 : 6;
  if (items !== needed) throw new Malformed(`${items} items of a row, it has ${needed}`);
  const integer = () => reader.integer(moneyLimit);
  const row = rest(kind, place, integer);
  reader.end();
  return row;
}

function rest(
  kind: HistoryRow["kind"] | undefined,
  place: HistoryPlace,
  integer: () => bigint,
): HistoryRow {
  switch (kind) {
    case "usage":
      return {
        kind,
        ...place,
        fromPosition: integer(),
        toPosition: integer(),
        fromSettled: integer(),
        toSettled: integer(),
      };
    case "payment":
      return { kind, ...place, amount: integer(), total: integer() };
    case "lease":
      return {
        kind,
        ...place,
        number: integer(),
        from: integer(),
        to: integer(),
        price: integer(),
      };
    case "notice": {
      const notice = notices[Number(integer())]?.[0];
      if (notice === undefined) throw new Malformed("a notice of a later version");
      return { kind, ...place, notice, value: integer() };
    }
    case undefined:
      throw new Malformed("a row of a later version");
  }
}
