import type { HistoryRow } from "#adapters/index/history-row.ts";
import type { Token } from "#agent/config/form.ts";
import { bytesText, moneyText } from "./money-text.ts";

/** A row and whom it is about: what `history` prints. */
export interface NamedRow {
  readonly peer: string;
  readonly row: HistoryRow;
}

const columns = [
  "time",
  "commit",
  "peer",
  "direction",
  "class",
  "kind",
  "bytes",
  "from_position",
  "to_position",
  "grains",
  "total_grains",
  "price",
  "notice",
] as const;

/** The first line of the CSV form (RFC 4180). */
export const csvHead = columns.join(",");

/** A row as CSV: bytes and grains as digits; what a kind does not have is empty. */
export function csvLine({ peer, row }: NamedRow): string {
  const values: Readonly<Partial<Record<(typeof columns)[number], string>>> = {
    time: timeText(row.seconds),
    commit: `${row.sequence}`,
    peer,
    direction: row.direction,
    class: `${row.class}`,
    kind: row.kind,
    ...detailsOf(row),
  };
  return columns.map((column) => quoted(values[column] ?? "")).join(",");
}

function detailsOf(row: HistoryRow): Readonly<Partial<Record<(typeof columns)[number], string>>> {
  switch (row.kind) {
    case "usage":
      return {
        bytes: `${row.toPosition - row.fromPosition}`,
        from_position: `${row.fromPosition}`,
        to_position: `${row.toPosition}`,
        grains: `${row.toSettled - row.fromSettled}`,
        total_grains: `${row.toSettled}`,
      };
    case "payment":
      return { grains: `${row.amount}`, total_grains: `${row.total}` };
    case "lease":
      return {
        bytes: `${row.to - row.from}`,
        from_position: `${row.from}`,
        to_position: `${row.to}`,
        price: `${row.price}`,
      };
    case "notice":
      return { notice: row.notice, total_grains: `${row.value}` };
  }
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row for people. */
export function tableLine({ peer, row }: NamedRow, token: Token): string {
  const account = row.class === 0 ? "" : `, class ${row.class}`;
  const who = `${timeText(row.seconds) || "time unknown"}  ${peer}${account}`;
  switch (row.kind) {
    case "usage": {
      const bytes = bytesText(row.toPosition - row.fromPosition);
      const paid = moneyText(row.toSettled - row.fromSettled, token);
      const [moved, settled] =
        row.direction === "we pay" ? ["sent", "paid"] : ["received", "was paid"];
      return `${who}  in this hour ${moved} ${bytes}, ${settled} ${paid}`;
    }
    case "payment": {
      const verb = row.direction === "we pay" ? "we paid" : "we were paid";
      return `${who}  ${verb} ${moneyText(row.amount, token)}, ${moneyText(row.total, token)} in all`;
    }
    case "lease": {
      const verb = row.direction === "we pay" ? "leased" : "let";
      return `${who}  ${verb} bytes ${row.from} to ${row.to} at ${row.price} grains a byte`;
    }
    case "notice":
      return `${who}  ${row.notice} (${row.value})`;
  }
}

function timeText(seconds: number): string {
  return seconds === 0 ? "" : new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
