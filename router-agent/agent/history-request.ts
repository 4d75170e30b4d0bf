import * as Effect from "effect/Effect";
import { type HistoryQuery, pageLimit } from "#adapters/index/history-index.ts";
import { historyKinds } from "#adapters/index/history-row.ts";
import { neighbourLimit } from "#core/journal/ledger.ts";
import { ControlError } from "./control-socket.ts";
import type { History } from "./history.ts";

/** A query as one text of a request. */
export function queryText(query: HistoryQuery): string {
  return JSON.stringify(query);
}

/** The page that a query asks for. */
export const answerHistory = Effect.fnUntraced(function* (history: History, text: string) {
  const query = readQuery(text);
  if (query === undefined) {
    const words = `history QUERY: found ${JSON.stringify(text.slice(0, 80))}, allowed is a JSON object with neighbour, from, to, kinds, after and limit`;
    return yield* new ControlError({ problem: "refused", words });
  }
  return yield* history.page(query);
});

/** The query of a text; nothing for anything but one. */
export function readQuery(text: string): HistoryQuery | undefined {
  const value = parsed(text);
  if (value === undefined) return undefined;
  const { neighbour, from, to, kinds, after, limit, ...rest } = value;
  const seconds = (one: unknown) => one === undefined || isWhole(one, Number.MAX_SAFE_INTEGER);
  const fits =
    Object.keys(rest).length === 0 &&
    isWhole(neighbour, neighbourLimit - 1) &&
    seconds(from) &&
    seconds(to) &&
    (limit === undefined || (isWhole(limit, pageLimit) && limit > 0)) &&
    (kinds === undefined || areKinds(kinds)) &&
    (after === undefined || isCursor(after));
  return fits ? (value as unknown as HistoryQuery) : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isWhole(value: unknown, limit: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= limit;
}

function areKinds(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= historyKinds.length &&
    value.every((one) => historyKinds.includes(one))
  );
}

function isCursor(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { hour, ordinal, ...rest } = value as Readonly<Record<string, unknown>>;
  return Object.keys(rest).length === 0 && isWhole(hour, 2 ** 32) && isWhole(ordinal, 2 ** 40);
}
