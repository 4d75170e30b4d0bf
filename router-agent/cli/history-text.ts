import { hourOf, notices } from "#adapters/index/history-row.ts";
import type { Config } from "#agent/config/config.ts";
import { timeText } from "./civil-time-text.ts";
import type { PlainRow } from "./history-source.ts";
import { bytesText, moneyText } from "./money-text.ts";

/** Whose row it is. */
export interface HistoryOwner {
  readonly name: string;
  readonly id: string;
}

/** The columns of `history --csv`. Bytes and grains are whole numbers; what a row has not is empty. */
export const csvColumns = [
  "time",
  "neighbour",
  "id",
  "kind",
  "direction",
  "class",
  "from",
  "to",
  "bytes",
  "grains",
  "total",
  "price",
  "number",
  "notice",
  "value",
  "commit",
] as const;

type Cells = Partial<Record<(typeof csvColumns)[number], string>>;

/** Usage is of a whole hour; all else was not before its moment. */
function momentOf({ kind, seconds }: PlainRow): number {
  return kind === "usage" ? hourOf(seconds) * 3600 : seconds;
}

/** A row as a line of CSV (RFC 4180). */
export function csvLine(row: PlainRow, owner: HistoryOwner): string {
  const cells: Cells = {
    time: timeText(momentOf(row)),
    neighbour: owner.name,
    id: owner.id,
    kind: row.kind,
    direction: row.direction,
    class: String(row.class),
    commit: row.sequence,
    ...cellsOf(row),
  };
  return csvColumns.map((column) => quoted(cells[column] ?? "")).join(",");
}

function cellsOf(row: PlainRow): Cells {
  switch (row.kind) {
    case "usage":
      return {
        from: row.fromPosition,
        to: row.toPosition,
        bytes: difference(row.toPosition, row.fromPosition),
        grains: difference(row.toSettled, row.fromSettled),
        total: row.toSettled,
      };
    case "payment":
      return { grains: row.amount, total: row.total };
    case "lease":
      return { from: row.from, to: row.to, price: row.price, number: row.number };
    case "notice":
      return { notice: row.notice, value: row.value };
  }
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A row as JSON: as the index has it, with whose it is and when. */
export function jsonLine(row: PlainRow, { name, id }: HistoryOwner): string {
  const { kind, direction, class: paidClass, seconds, sequence, ...rest } = row;
  const time = seconds === 0 ? null : new Date(momentOf(row) * 1000).toISOString();
  const head = { neighbour: name, id, time, kind, direction, class: paidClass };
  return JSON.stringify({ ...head, ...rest, seconds, sequence });
}

/** A row as a line for people. */
export function rowLine(row: PlainRow, { token }: Config): string {
  const time = timeText(momentOf(row)) || "time not known";
  const account = row.class === 0 ? row.direction : `${row.direction}, class ${row.class}`;
  const head = `${time.padEnd(18)}${row.kind.padEnd(9)}${account.padEnd(22)}`;
  const money = (text: string) => moneyText(BigInt(text), token);
  switch (row.kind) {
    case "usage": {
      const bytes = bytesText(BigInt(difference(row.toPosition, row.fromPosition)));
      const settled = money(difference(row.toSettled, row.fromSettled));
      return `${head}${bytes}, settled ${settled}`;
    }
    case "payment":
      return `${head}${money(row.amount)}, ${money(row.total)} in all`;
    case "lease": {
      const bytes = bytesText(BigInt(difference(row.to, row.from)));
      return `${head}number ${row.number}: ${bytes} from ${row.from} on, at ${money(String(BigInt(row.price) * gigabyte))}/GB`;
    }
    case "notice":
      return `${head}${row.notice} (${meaningOf(row.notice)}: ${row.value})`;
  }
}

/** What the value of a notice counts; an agent of a later version may have notices of its own. */
function meaningOf(notice: string): string {
  return notices.find(([words]) => words === notice)?.[1] ?? "value";
}

const gigabyte = 1_000_000_000n;

/** What the rows of one neighbour add up to, account by account. */
export interface HistorySums {
  readonly add: (row: PlainRow) => void;
  readonly lines: (config: Config) => readonly string[];
}

/** Adds up usage and payments. */
export function historySums(): HistorySums {
  const sums = new Map<string, { bytes: bigint; paid: bigint }>();
  return {
    add: (row) => {
      if (row.kind !== "usage" && row.kind !== "payment") return;
      const key = `${row.direction}, class ${row.class}`;
      const sum = sums.get(key) ?? { bytes: 0n, paid: 0n };
      sums.set(key, sum);
      if (row.kind === "usage") sum.bytes += BigInt(row.toPosition) - BigInt(row.fromPosition);
      else sum.paid += BigInt(row.amount);
    },
    lines: ({ token }) =>
      [...sums].map(
        ([key, { bytes, paid }]) =>
          `in all ${key}: ${bytesText(bytes)}, paid ${moneyText(paid, token)}`,
      ),
  };
}

function difference(to: string, from: string): string {
  return String(BigInt(to) - BigInt(from));
}
