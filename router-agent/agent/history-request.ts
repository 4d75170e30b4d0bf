import * as Effect from "effect/Effect";
import { type HistoryPage, type HistoryQuery, pageLimit } from "#adapters/index/history-index.ts";
import { historyKinds } from "#adapters/index/history-row.ts";
import { ordinalLimit } from "#adapters/index/row-form.ts";
import { neighbourLimit } from "#core/journal/ledger.ts";
import { ControlError, type Request } from "./control-socket.ts";
import type { Historian, HistoryState } from "./historian.ts";

/** How things stand where the configuration says that there is no history. */
export const noHistory = {
  type: "off",
  why: "the configuration says so (option history)",
} as const satisfies HistoryState;

/** `history QUERY`, the query as JSON: what {@link answerHistory} understands. */
export function historyRequest(query: HistoryQuery): Request {
  return ["history", JSON.stringify(query)];
}

/** What the agent answers to requests about its history. Neighbours go by their number. */
export const answerHistory = (
  command: "history" | "history-stat" | "reindex",
  words: readonly string[],
  historian: Historian | undefined,
): Effect.Effect<unknown, ControlError> => {
  if (historian === undefined) return refuse(`history is off: ${noHistory.why}`);
  switch (command) {
    case "history": {
      const text = words[0] ?? "";
      const query = readQuery(text);
      if (query !== undefined) return historian.query(query);
      const found = JSON.stringify(text.slice(0, 80));
      return refuse(
        `history QUERY: found ${found}, allowed is a JSON object with neighbour, a number below ${neighbourLimit}, and maybe from and to, seconds since 1970, kinds, some of ${historyKinds.join(", ")}, limit, 1 to ${pageLimit}, and after`,
      );
    }
    case "history-stat":
      return historian.state().type === "on"
        ? Effect.map(historian.stat, (stat) => ({ ...stat, state: historian.state() }))
        : Effect.sync(() => ({ state: historian.state() }));
    case "reindex":
      return Effect.as(historian.reindex, "begun");
  }
};

/** A page as it comes over the socket: amounts are decimal texts. */
type PageAnswer = Pick<HistoryPage, "next"> & { readonly rows: readonly unknown[] };

/** Guards what the socket said. The agent is of this program, but maybe of another version. */
export function isPageAnswer(answer: unknown): answer is PageAnswer {
  return (
    typeof answer === "object" && answer !== null && "rows" in answer && Array.isArray(answer.rows)
  );
}

/** The query of a text; nothing for anything but one. */
function readQuery(text: string): HistoryQuery | undefined {
  const value = objectOf(text);
  if (value === undefined) return undefined;
  const { neighbour, from, to, kinds, after, limit, ...rest } = value;
  const fits =
    Object.keys(rest).length === 0 &&
    isWhole(neighbour, 0, neighbourLimit - 1) &&
    (from === undefined || isWhole(from, 0, Number.MAX_SAFE_INTEGER)) &&
    (to === undefined || isWhole(to, 0, Number.MAX_SAFE_INTEGER)) &&
    (limit === undefined || isWhole(limit, 1, pageLimit)) &&
    (kinds === undefined || areKinds(kinds)) &&
    (after === undefined || isCursor(after));
  return fits ? (value as unknown as HistoryQuery) : undefined;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function areKinds(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= historyKinds.length &&
    value.every((one) => historyKinds.includes(one))
  );
}

function isCursor(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { hour, ordinal, ...rest } = value;
  return (
    Object.keys(rest).length === 0 &&
    isWhole(hour, 0, 2 ** 32 - 1) &&
    isWhole(ordinal, 0, ordinalLimit - 2)
  );
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}
