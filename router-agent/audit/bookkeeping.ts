import { type CivilNote, civilTimeOf } from "#adapters/journal/civil-notes.ts";
import { plainJson } from "./plain-json.ts";
import type { Transaction } from "./transaction.ts";

/** How money is written: grains moved by so many decimal places, exactly, and called so. */
export interface Commodity {
  readonly name: string;
  readonly places: number;
}

/** The forms in which payments leave the project. */
export const bookForms = ["hledger", "beancount", "csv", "json"] as const;

/** One of {@link bookForms}. */
export type BookForm = (typeof bookForms)[number];

/** Where no time was noted beside the journal. Bookkeeping programs want a date. */
export const unknownDate = "1970-01-01";

/** The payments of one journal as a bookkeeping program reads them, line by line. */
export function* bookLines(
  form: BookForm,
  node: string,
  payments: Iterable<Transaction>,
  notes: readonly CivilNote[],
  commodity: Commodity,
): Generator<string, void> {
  const opened = new Set<string>();
  if (form === "csv") yield "date,commit,direction,neighbour,class,amount,total,commodity,bytes";
  if (form === "hledger") yield `; payments of node ${node}`;
  for (const one of payments) {
    const date = dateOf(notes, one.sequence);
    const money = decimal(one.amount, commodity.places);
    if (form === "csv") {
      const total = decimal(one.total, commodity.places);
      yield `${date},${one.sequence},${one.direction},${one.neighbour},${one.class},${money},${total},${commodity.name},${one.bytes}`;
    } else if (form === "json") {
      yield plainJson({ date, ...one, node });
    } else {
      const entry = entryOf(form, node, one, { date, money, name: commodity.name });
      if (form === "beancount") yield* opening(entry.accounts, opened);
      yield* entry.lines;
    }
  }
}

interface Written {
  readonly date: string;
  readonly money: string;
  readonly name: string;
}

/** What is paid is an expense and a promise on the channel; what is received, income and a claim. */
function entryOf(
  form: "hledger" | "beancount",
  node: string,
  { sequence, neighbour, class: paidClass, direction, bytes }: Transaction,
  { date, money, name }: Written,
) {
  const [self, peer] = [node.slice(2, 14), neighbour.slice(2, 14)];
  const kind = direction === "paid" ? "Expenses" : "Income";
  const sign = direction === "paid" ? ["", "-"] : ["-", ""];
  const accounts = [
    `${kind}:Forwarding:N${self}:N${peer}:Class${paidClass}`,
    `Assets:Channel:N${self}:N${peer}`,
  ] as const;
  const words = `${direction === "paid" ? "paid for" : "paid to forward"} ${bytes} bytes, commit ${sequence}`;
  const head = form === "hledger" ? `${date} * ${words}` : `${date} * "${words}"`;
  const postings = accounts.map((account, i) => `  ${account}  ${sign[i]}${money} ${name}`);
  return { accounts, lines: ["", head, ...postings] };
}

/** Beancount wants every account opened; open before any date there is. */
function* opening(accounts: readonly string[], opened: Set<string>): Generator<string, void> {
  for (const account of accounts) {
    if (opened.has(account)) continue;
    opened.add(account);
    yield `${unknownDate} open ${account}`;
  }
}

function dateOf(notes: readonly CivilNote[], sequence: bigint): string {
  const seconds = civilTimeOf(notes, sequence);
  return seconds === undefined ? unknownDate : new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** A whole number with the point moved to the left: exact, however large. */
export function decimal(value: bigint, places: number): string {
  if (places === 0) return value.toString();
  const digits = value.toString().padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
